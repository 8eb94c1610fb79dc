"""How an untrained RWKV-7 begins."""

from __future__ import annotations

import numpy as np
from initial_weights import (
    Draw,
    add_block_norms,
    as_params,
    decay_ramp,
    outside_blocks,
    share_of_predecessor,
)
from rwkv7_jax import Rwkv7Sizes
from rwkv_parts import Params


def initial_params(sizes: Rwkv7Sizes, seed: int) -> Params:
    """Draw the weights; equal seeds give equal ones."""
    draw = Draw(seed)
    c = sizes.n_embd
    p = outside_blocks(sizes, draw)
    for layer in range(sizes.n_layer):
        att, ffn = (f"blocks.{layer}.{part}" for part in ("att.", "ffn."))
        add_block_norms(p, sizes, layer)
        for which, exponent in {"r": 0.2, "w": 0.9, "k": 0.7, "v": 0.7, "a": 0.9, "g": 0.2}.items():
            p[f"{att}x_{which}"] = share_of_predecessor(sizes, layer, exponent)
        height_left = 1 - layer / sizes.n_layer
        p[ffn + "x_k"] = share_of_predecessor(sizes, layer, height_left**3)

        low_rank = {
            "w": (sizes.decay_rank, decay_ramp(sizes, layer, -6.5, 2.5)),
            "a": (sizes.iclr_rank, np.zeros(c)),
            "v": (sizes.value_rank, np.ones(c)),
            "g": (sizes.gate_rank, None),
        }
        for which, (rank, bias) in low_rank.items():
            if which == "v" and layer == 0:
                continue  # the first layer is where v_first comes from
            p[f"{att}{which}1"] = np.zeros((c, rank)) if which != "g" else draw.uniform(c, rank, 0.05)
            p[f"{att}{which}2"] = draw.orthogonal(rank, c, 0.1 if which != "g" else 1.0)
            if bias is not None:
                p[f"{att}{which}0"] = bias.reshape(1, 1, c)

        p[att + "k_k"] = np.full((1, 1, c), 0.85)
        p[att + "k_a"] = np.ones((1, 1, c))
        p[att + "r_k"] = np.zeros((sizes.n_head, sizes.head_size))
        root = c**-0.5
        p[att + "receptance.weight"] = draw.uniform(c, c, 0.5 * root)
        p[att + "key.weight"] = draw.uniform(c, c, 0.05 * root)
        p[att + "value.weight"] = draw.uniform(c, c, 0.5 * root)
        p[att + "output.weight"] = np.zeros((c, c))  # a block adds nothing until it has learnt something
        p[ffn + "key.weight"] = draw.uniform(4 * c, c, 0.5 * root)
        p[ffn + "value.weight"] = np.zeros((c, 4 * c))
    return as_params(p)
