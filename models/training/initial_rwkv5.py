"""How an untrained RWKV-5.2 begins, and what of it RWKV-6 has as well."""

from __future__ import annotations

import numpy as np
from initial_weights import (
    Arrays,
    Draw,
    add_block_norms,
    as_params,
    decay_ramp,
    outside_blocks,
    share_of_predecessor,
)
from rwkv5_jax import Rwkv5Sizes
from rwkv6_jax import Rwkv6Sizes
from rwkv_parts import Params

# How soon over the channels each blend turns to the present token.
ATTENTION_EXPONENTS = {"k": 0.7, "v": 0.7, "r": 0.2, "g": 0.2}
FEED_FORWARD_EXPONENTS = {"k": 0.7, "r": 0.7}
# The longest memories last about 500 tokens: fp16 still tells such decays from 1.
SLOWEST_DECAY, IN_HEAD_RANGE = -5.5, 0.7


def initial_params(sizes: Rwkv5Sizes, seed: int) -> Params:
    """Draw the weights; equal seeds give equal ones."""
    draw = Draw(seed)
    p = outside_blocks(sizes, draw)
    for layer in range(sizes.n_layer):
        att, ffn = (f"blocks.{layer}.{part}" for part in ("att.", "ffn."))
        add_block_norms(p, sizes, layer)
        for half, exponents in {att: ATTENTION_EXPONENTS, ffn: FEED_FORWARD_EXPONENTS}.items():
            for which, exponent in exponents.items():
                p[f"{half}time_mix_{which}"] = 1 - share_of_predecessor(sizes, layer, exponent)
        ramp = decay_ramp(sizes, layer, SLOWEST_DECAY, IN_HEAD_RANGE)
        p[att + "time_decay"] = ramp.reshape(sizes.n_head, sizes.head_size)
        add_gated_block(p, sizes, draw, layer)
    return as_params(p)


def add_gated_block(p: Arrays, sizes: Rwkv5Sizes | Rwkv6Sizes, draw: Draw, layer: int) -> None:
    """Add a block's matrices and its bonus for the current token: they are alike in RWKV-5.2 and RWKV-6."""
    att, ffn = (f"blocks.{layer}.{part}" for part in ("att.", "ffn."))
    c, root = sizes.n_embd, sizes.n_embd**-0.5
    p[att + "time_faaaa"] = np.full((sizes.n_head, sizes.head_size), 0.5)
    for name in ("receptance", "key", "value"):
        p[f"{att}{name}.weight"] = draw.uniform(c, c, 0.5 * root)
    p[att + "gate.weight"] = draw.uniform(c, c, root)
    p[att + "output.weight"] = np.zeros((c, c))  # a block adds nothing until it has learnt something
    p[ffn + "key.weight"] = draw.uniform(sizes.n_ffn, c, 0.5 * root)
    p[ffn + "value.weight"] = np.zeros((c, sizes.n_ffn))
    p[ffn + "receptance.weight"] = np.zeros((c, c))  # the gate stands half open
