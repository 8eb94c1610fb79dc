"""Products of vectors and matrices per head, in the form in which the HTP computes them exactly.

As MatMul they are right in fp16, but of 16-bit integers the HTP's MatMul keeps about 8 bits.
N numbers in H heads.
"""

from __future__ import annotations

import numpy as np

from rwkv.graph_builder import GraphBuilder


def outer_product(graph: GraphBuilder, column: str, row: str, name: str) -> str:
    """Each head's column · row: [H, N, N] of two [H, 1, N].

    The column is turned, not reshaped: the HTP multiplies a reshaped column with other elements of the row.
    """
    turned = graph.op("Transpose", [column], f"{name}.column", perm=[0, 2, 1])
    return graph.op("Mul", [turned, row], name)


def spread_product(graph: GraphBuilder, column: str, row: str, heads: tuple[int, int], name: str) -> str:
    """The same of [H, N, 1] and [H, 1, N], where `heads` is (H, N).

    A column that is spread before may be a reshaped one. Which form takes less time depends on what stands
    around it.
    """
    h, n = heads
    shape = graph.constant(f"shape.{h}x{n}x{n}", np.array([h, n, n], np.int64))
    spread = graph.op("Expand", [column, shape], f"{name}.column")
    return graph.op("Mul", [spread, row], name)


def weighted_sum(graph: GraphBuilder, matrix: str, weights: str, axis: int, name: str) -> str:
    """The sums [H, N] along an axis of matrix · weights: [H, N, N], and [H, 1, N] or [H, N, 1] for axis 1."""
    axes = graph.constant(f"axis.{axis}", np.array([axis], np.int64))
    weighted = graph.op("Mul", [matrix, weights], f"{name}.weighted")
    return graph.op("ReduceSum", [weighted, axes], name, keepdims=0)
