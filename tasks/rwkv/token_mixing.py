"""Mixing into each token's input some of the token's before it.

C channels; a row for each token that the graph takes at once. A single row is mixed as [8, C/8]: the HTP
keeps rows in tiles of 8, so of [1, C] it would read and compute eight times as much.
"""

from __future__ import annotations

from rwkv.graph_builder import GraphBuilder
from rwkv.model_config import ModelConfig

TILE_ROWS = 8


class TokenMixing:
    """base + (other − base)·share, for one `base` and `other` [rows, C] and several shares."""

    def __init__(self, graph: GraphBuilder, config: ModelConfig, name: str, base: str, other: str) -> None:
        self._graph = graph
        rows = graph.form.rows
        self._flat = (rows, config.embd)
        self._mixing = tiles(config) if rows == 1 else self._flat
        self._base = self._for_mixing(base)
        self._shift = graph.op("Sub", [self._for_mixing(other), self._base], f"{name}shift")

    def by_weight(self, weight: str, name: str) -> str:
        """The mix [rows, C] by stored shares [C]; tensors of it are named after `name`."""
        shape = self._mixing if self._mixing != self._flat else (1, self._flat[1])
        return self._mix(self._graph.weight(weight, shape), name)

    def by_shares(self, shares: str, name: str) -> str:
        """The mix [rows, C] by computed shares [rows, C]."""
        return self._mix(self._for_mixing(shares), name)

    def _mix(self, shares: str, name: str) -> str:
        part = self._graph.op("Mul", [self._shift, shares], f"{name}.shift")
        mixed = self._graph.op("Add", [self._base, part], f"{name}.mixed")
        return mixed if self._mixing == self._flat else self._graph.reshape(mixed, self._flat, f"{mixed}.row")

    def _for_mixing(self, x: str) -> str:
        return x if self._mixing == self._flat else self._graph.reshape(x, self._mixing, f"{x}.mixing")


def tiles(config: ModelConfig) -> tuple[int, int]:
    """How a single row is laid out for mixing.

    Not as heads are: in fp16 the compiler fails at weights [H, 64] (1002, "const evaluation failed"; seen at
    3, 8, 12, 16 and 32 heads), which [8, C/8] is at C = 512.
    """
    rows = TILE_ROWS if config.embd // TILE_ROWS != config.head_size else 2 * TILE_ROWS
    return rows, config.embd // rows
