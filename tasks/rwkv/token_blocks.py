"""How the tokens of a prefill are taken together: in blocks of 16, or all at once when they are fewer."""

from __future__ import annotations

from rwkv.tool_failure import InputError

BLOCK = 16


def block_length(tokens: int) -> int:
    """Tokens in a block."""
    return min(tokens, BLOCK)


def check_tokens(tokens: int) -> None:
    """Raises `InputError` for a number of tokens that does not consist of whole blocks."""
    if tokens < 1 or tokens % block_length(tokens) != 0:
        raise InputError(
            "--tokens",
            f"a graph cannot take {tokens} tokens at once",
            f"ask for 1 to {BLOCK}, or a multiple of {BLOCK}",
        )
