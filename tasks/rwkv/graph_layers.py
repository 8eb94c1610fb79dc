"""Nodes that the graphs of all RWKV versions share.

C channels in H heads of N.
"""

from __future__ import annotations

import numpy as np

from rwkv.graph_builder import GraphBuilder
from rwkv.model_config import ModelConfig


def group_norm(graph: GraphBuilder, config: ModelConfig, att: str, y: str, eps: float) -> str:
    """[H, N] -> [H, N]: a layer norm per head without a scale of its own, then scale and bias per channel."""
    h, n = config.heads, config.head_size
    ones = graph.constant("ones", np.ones(n, np.float32))
    zeros = graph.constant("zeros", np.zeros(n, np.float32))
    y = graph.op("LayerNormalization", [y, ones, zeros], f"{att}y.normal", axis=-1, epsilon=eps)
    y = graph.op("Mul", [y, graph.weight(f"{att}ln_x.weight", (h, n))], f"{att}y.scaled")
    return graph.op("Add", [y, graph.weight(f"{att}ln_x.bias", (h, n))], f"{att}y.shifted")


def shift_mix(graph: GraphBuilder, base: str, shift: str, share: str, name: str) -> str:
    """How much of the last token's input goes into this token's: base + shift·share, [1, C] each."""
    part = graph.op("Mul", [shift, share], f"{name}.shift")
    return graph.op("Add", [base, part], f"{name}.mixed")


def squared_relu(graph: GraphBuilder, x: str, name: str) -> str:
    """max(x, 0)²."""
    x = graph.op("Relu", [x], f"{name}.relu")
    return graph.op("Mul", [x, x], f"{name}.squared")


def silu(graph: GraphBuilder, x: str, name: str) -> str:
    """x·sigmoid(x)."""
    return graph.op("Mul", [x, graph.op("Sigmoid", [x], f"{name}.sigmoid")], f"{name}.silu")
