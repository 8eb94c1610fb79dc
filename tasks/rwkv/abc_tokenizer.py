"""The tokenizer of the ABC music models: a token is a character's code point; 2 begins a tune and 3 ends it.

As in github.com/BlinkDL/ChatRWKV, music/run.py. 0 pads, 1 is unused: none of these four has a text.
"""

from __future__ import annotations


class AbcTokenizer:
    """Characters beyond the model's vocabulary get tokens that it does not know."""

    vocab = 128
    longest = 4  # bytes of a token at most
    begin = 2

    def encode(self, text: bytes) -> list[int]:
        """One token a character."""
        return [ord(character) for character in text.decode(errors="replace")]

    def decode(self, tokens: list[int]) -> bytes:
        """The characters of the tokens."""
        return "".join(chr(token) for token in tokens if token > 3).encode()
