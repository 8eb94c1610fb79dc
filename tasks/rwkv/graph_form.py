"""What one run of a graph takes: the next token of one sequence or of several, or several of a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outside(Enum):
    """What a chunk may leave to others."""

    TABLES = "tables"  # the caller looks a token's rows up
    HEAD = "head"  # a graph of its own takes the last norm's output and makes the logits


@dataclass(frozen=True)
class GraphForm:
    """`tokens` of one sequence, one after the other, or one token of each of several `sequences`.

    What the layers compute has a row for each; states have one for each sequence.
    """

    tokens: int = 1
    sequences: int = 1

    def __post_init__(self) -> None:
        """Blocks are of one sequence."""
        if self.tokens > 1 and self.sequences > 1:
            raise ValueError(f"{self.tokens} tokens of {self.sequences} sequences at once")

    @property
    def rows(self) -> int:
        """Of what the layers compute."""
        return self.tokens * self.sequences

    @property
    def graph_name(self) -> str:
        """By which the runtime finds the graph in a context."""
        if self.sequences > 1:
            return "rwkv_batch"
        return "rwkv_decode" if self.tokens == 1 else "rwkv_prefill"


DECODE = GraphForm()
