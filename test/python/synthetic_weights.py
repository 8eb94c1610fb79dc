"""A small random RWKV-7 with every tensor of a real checkpoint, shaped and named as the authors save it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]


def make_rwkv7(
    layers: int = 3, heads: int = 2, head_size: int = 16, vocab: int = 256, seed: int = 0
) -> Tensors:
    """Vectors are [1, 1, C]; the sizes of the values keep activations near those of trained models."""
    random = np.random.default_rng(seed)
    c = heads * head_size
    ranks = {"w": 8, "a": 8, "v": 4, "g": 12}

    def normal(*shape: int, scale: float) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    def vector(centre: float, spread: float) -> NDArray[np.float32]:
        return normal(1, 1, c, scale=spread) + np.float32(centre)

    tensors: Tensors = {"emb.weight": normal(vocab, c, scale=0.3)}
    for layer in range(layers):
        block = f"blocks.{layer}."
        for norm in (["ln0"] if layer == 0 else []) + ["ln1", "ln2"]:
            tensors[f"{block}{norm}.weight"] = normal(c, scale=0.1) + np.float32(1)
            tensors[f"{block}{norm}.bias"] = normal(c, scale=0.1)
        att = f"{block}att."
        for letter in "rwkvag":
            tensors[f"{att}x_{letter}"] = vector(0.5, 0.2)
        for letter, rank in ranks.items():
            if letter != "g":
                tensors[f"{att}{letter}0"] = vector({"w": -3.0, "a": 0.0, "v": 1.0}[letter], 1.0)
            tensors[f"{att}{letter}1"] = normal(c, rank, scale=c**-0.5)
            tensors[f"{att}{letter}2"] = normal(rank, c, scale=1.5 * rank**-0.5)
        tensors[f"{att}k_k"], tensors[f"{att}k_a"] = vector(0.85, 0.1), vector(1.0, 0.1)
        tensors[f"{att}r_k"] = normal(heads, head_size, scale=0.2)
        for name in ("receptance", "key", "value", "output"):
            tensors[f"{att}{name}.weight"] = normal(c, c, scale=c**-0.5)
        tensors[f"{att}ln_x.weight"] = normal(c, scale=0.1) + np.float32(1)
        tensors[f"{att}ln_x.bias"] = normal(c, scale=0.1)
        tensors[f"{block}ffn.x_k"] = vector(0.5, 0.2)
        tensors[f"{block}ffn.key.weight"] = normal(4 * c, c, scale=c**-0.5)
        tensors[f"{block}ffn.value.weight"] = normal(c, 4 * c, scale=0.5 * c**-0.5)
    tensors["ln_out.weight"] = normal(c, scale=0.1) + np.float32(1)
    tensors["ln_out.bias"] = normal(c, scale=0.1)
    tensors["head.weight"] = normal(vocab, c, scale=2.0 * c**-0.5)
    return tensors
