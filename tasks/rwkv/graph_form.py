"""What one run of a graph takes: the next token, or the next tokens of a prompt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GraphForm:
    """`tokens` of one sequence, one after the other. What the layers compute has a row for each."""

    tokens: int = 1

    @property
    def rows(self) -> int:
        """Of what the layers compute."""
        return self.tokens

    @property
    def graph_name(self) -> str:
        """By which the runtime finds the graph in a context."""
        return "rwkv_decode" if self.tokens == 1 else "rwkv_prefill"


DECODE = GraphForm()
