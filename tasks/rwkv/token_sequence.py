"""The tokens of a text file, and the order in which a model is fed and judged with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from rwkv.abc_tokenizer import AbcTokenizer
from rwkv.byte_tokenizer import ByteTokenizer
from rwkv.midi_tokenizer import MidiTokenizer
from rwkv.tool_failure import InputError
from rwkv.world_tokenizer import WorldTokenizer, find_vocabulary, read_vocabulary

TOKENIZERS = ("auto", "byte", "world", "abc", "midi")
END_OF_DOCUMENT = 0
TOKEN_FILES = {".json", ".npy"}
LISTED = "give a .json with a list of tokens, or a .npy with a one-dimensional array of them"

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
    """The first `tokens` tokens; raises `InputError` as `first_tokens`, and when there are fewer."""
    found = first_tokens(text, tokenizer, tokens, vocab)
    if len(found) < tokens:
        raise InputError(
            text,
            f"has {len(found)} tokens, {tokens} were asked for",
            "give a longer text or ask for fewer tokens",
        )
    return found


def first_tokens(text: Path, tokenizer: str, tokens: int, vocab: int) -> list[int]:
    """At most `tokens` tokens of a text file, or of a list of them in a `.json` or `.npy` file.

    Raises `InputError` when the tokenizer is not that of a model with `vocab` tokens.
    """
    if tokens < 1:
        raise InputError(text, f"{tokens} tokens were asked for", "ask for at least one")
    if text.suffix in TOKEN_FILES:
        return listed_tokens(text, vocab)[:tokens]
    known = open_tokenizer(tokenizer, vocab)
    if known.vocab > vocab:
        raise InputError(
            text,
            f"the tokenizer {tokenizer} makes {known.vocab} different tokens, the model knows {vocab}",
            f"name the model's own tokenizer: one of {', '.join(TOKENIZERS)}",
        )
    with text.open("rb") as file:
        found = known.encode(file.read(tokens * known.longest))  # enough, however well the text fits
    found = found[:tokens]
    if max(found, default=0) >= vocab:
        raise InputError(
            text,
            f"has the token {max(found)}, the model knows {vocab}",
            "give a text of the characters that the model was trained with",
        )
    return found


def listed_tokens(path: Path, vocab: int) -> list[int]:
    """The tokens of a file that lists them; raises `InputError` when it does not, or one is unknown."""
    try:
        if path.suffix == ".npy":
            listed = np.load(path, allow_pickle=False)
        else:
            listed = np.array(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InputError(path, f"lists no tokens ({error})", LISTED) from error
    if listed.ndim != 1 or not np.issubdtype(listed.dtype, np.integer):
        raise InputError(path, f"is no list of integers but {listed.dtype} {list(listed.shape)}", LISTED)
    if listed.min(initial=0) < 0 or listed.max(initial=0) >= vocab:
        cause = f"holds the token {listed.max()}; the model knows {vocab}"
        raise InputError(path, cause, "list tokens of the model's own tokenizer")
    return [int(token) for token in listed]


def fed_tokens(text: list[int], tokenizer: str, vocab: int) -> list[int]:
    """What is fed so that step t predicts text[t]: what begins a text, then the text but its last token."""
    begin = AbcTokenizer.begin if tokenizer_name(tokenizer, vocab) == "abc" else END_OF_DOCUMENT
    return [begin, *text[:-1]]
