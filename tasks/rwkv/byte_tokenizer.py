"""The byte tokenizer: a token is a byte, 0 ends a document."""

from __future__ import annotations


class ByteTokenizer:
    """Every text can be encoded, and decoded again."""

    vocab = 256
    longest = 1  # bytes of a token at most

    def encode(self, text: bytes) -> list[int]:
        """One token a byte."""
        return list(text)

    def decode(self, tokens: list[int]) -> bytes:
        """The bytes of the tokens."""
        return bytes(tokens)
