"""The tokens of a text file, and the order in which a model is fed and judged with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from rwkv.abc_tokenizer import AbcTokenizer
from rwkv.byte_tokenizer import ByteTokenizer
from rwkv.midi_tokenizer import MidiTokenizer
from rwkv.tool_failure import InputError
from rwkv.world_tokenizer import WorldTokenizer, find_vocabulary, read_vocabulary

TOKENIZERS = ("auto", "byte", "world", "abc", "midi")
END_OF_DOCUMENT = 0

# A vocabulary of such a size is that tokenizer's; every other real model's is the World tokenizer's.
TOKENIZER_OF_VOCABULARY = {256: "byte", AbcTokenizer.vocab: "abc", MidiTokenizer.vocab: "midi"}


class Tokenizer(Protocol):
    """`vocab` tokens of at most `longest` bytes each."""

    vocab: int
    longest: int

    def encode(self, text: bytes) -> list[int]:
        """The tokens of a text."""


def tokenizer_name(asked: str, vocab: int) -> str:
    """`asked`; `auto` goes by the size of the model's vocabulary."""
    return TOKENIZER_OF_VOCABULARY.get(vocab, "world") if asked == "auto" else asked


def open_tokenizer(asked: str, vocab: int) -> Tokenizer:
    """The tokenizer of that name, for a model with `vocab` tokens."""
    name = tokenizer_name(asked, vocab)
    if name == "world":
        return WorldTokenizer(read_vocabulary(find_vocabulary()))
    kinds: dict[str, Callable[[], Tokenizer]] = {
        "byte": ByteTokenizer,
        "abc": AbcTokenizer,
        "midi": MidiTokenizer,
    }
    return kinds[name]()


def read_tokens(text: Path, tokenizer: str, tokens: int, vocab: int) -> list[int]:
    """The first `tokens` tokens of a text file.

    Raises `InputError` when it has fewer, or when the tokenizer is not that of a model with `vocab` tokens.
    """
    known = open_tokenizer(tokenizer, vocab)
    if known.vocab > vocab:
        raise InputError(
            text,
            f"the tokenizer {tokenizer} makes {known.vocab} different tokens, the model knows {vocab}",
            f"name the model's own tokenizer: one of {', '.join(TOKENIZERS)}",
        )
    if tokens < 1:
        raise InputError(text, f"{tokens} tokens were asked for", "ask for at least one")
    with text.open("rb") as file:
        found = known.encode(file.read(tokens * known.longest))  # enough, however well the text fits
    if len(found) < tokens:
        raise InputError(
            text,
            f"has {len(found)} tokens, {tokens} were asked for",
            "give a longer text or ask for fewer tokens",
        )
    found = found[:tokens]
    if max(found) >= vocab:
        raise InputError(
            text,
            f"has the token {max(found)}, the model knows {vocab}",
            "give a text of the characters that the model was trained with",
        )
    return found


def fed_tokens(text: list[int], tokenizer: str, vocab: int) -> list[int]:
    """What is fed so that step t predicts text[t]: what begins a text, then the text but its last token."""
    begin = AbcTokenizer.begin if tokenizer_name(tokenizer, vocab) == "abc" else END_OF_DOCUMENT
    return [begin, *text[:-1]]
