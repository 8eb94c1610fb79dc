"""The tokens of a text file, and the order in which a model is fed and judged with them."""

from __future__ import annotations

from pathlib import Path

from rwkv.byte_tokenizer import ByteTokenizer
from rwkv.tool_failure import InputError
from rwkv.world_tokenizer import WorldTokenizer, find_vocabulary, read_vocabulary

TOKENIZERS = ("auto", "byte", "world")
END_OF_DOCUMENT = 0

# A vocabulary of this size is the byte tokenizer's; every real model's is the World tokenizer's.
BYTE_VOCABULARY = 256


def read_tokens(text: Path, tokenizer: str, tokens: int, vocab: int) -> list[int]:
    """The first `tokens` tokens of a text file.

    Raises `InputError` when it has fewer, or when the tokenizer is not that of a model with `vocab` tokens.
    """
    byte = vocab == BYTE_VOCABULARY if tokenizer == "auto" else tokenizer == "byte"
    known = ByteTokenizer() if byte else WorldTokenizer(read_vocabulary(find_vocabulary()))
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
    return found[:tokens]


def fed_tokens(text: list[int]) -> list[int]:
    """What is fed so that step t predicts text[t]: an end of document, then the text but its last token."""
    return [END_OF_DOCUMENT, *text[:-1]]
