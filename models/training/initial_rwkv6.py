"""How an untrained RWKV-6 begins: as RWKV-5.2 does, with low-rank pairs that say nothing yet."""

from __future__ import annotations

import numpy as np
from initial_rwkv5 import (
    ATTENTION_EXPONENTS,
    FEED_FORWARD_EXPONENTS,
    IN_HEAD_RANGE,
    SLOWEST_DECAY,
    add_gated_block,
)
from initial_weights import Draw, add_block_norms, as_params, decay_ramp, outside_blocks, share_of_predecessor
from rwkv6_jax import MIXES, Rwkv6Sizes
from rwkv_parts import Params


def initial_params(sizes: Rwkv6Sizes, seed: int) -> Params:
    """Draw the weights; equal seeds give equal ones."""
    draw = Draw(seed)
    c, parts = sizes.n_embd, len(MIXES)
    p = outside_blocks(sizes, draw)
    for layer in range(sizes.n_layer):
        att, ffn = (f"blocks.{layer}.{part}" for part in ("att.", "ffn."))
        add_block_norms(p, sizes, layer)
        for half, exponents in {
            att: ATTENTION_EXPONENTS | {"x": 0.9, "w": 0.9},
            ffn: FEED_FORWARD_EXPONENTS,
        }.items():
            for which, exponent in exponents.items():
                p[f"{half}time_maa_{which}"] = share_of_predecessor(sizes, layer, exponent)
        p[att + "time_maa_w1"] = np.zeros((c, parts * sizes.mix_rank))
        p[att + "time_maa_w2"] = np.stack([draw.orthogonal(sizes.mix_rank, c, 0.1) for _ in range(parts)])
        p[att + "time_decay"] = decay_ramp(sizes, layer, SLOWEST_DECAY, IN_HEAD_RANGE).reshape(1, 1, c)
        p[att + "time_decay_w1"] = np.zeros((c, sizes.decay_rank))
        p[att + "time_decay_w2"] = draw.orthogonal(sizes.decay_rank, c, 0.1)
        add_gated_block(p, sizes, draw, layer)
    return as_params(p)
