"""RWKV-7a in plain numpy, fp32, one token at a time: RWKV-7 with deep embeddings in its feed-forward halves.

C channels, F of the feed-forward, D the rank of the deep embeddings. Formula: the RWKV-7a demo of its authors
(github.com/BlinkDL/RWKV-LM, RWKV-v7/rwkv_v7a_demo.py): each token has a D×D matrix a layer, through which the
half's input weighs the squared keys.
"""

from __future__ import annotations

import numpy as np

from rwkv.number_formats import Float32Array
from rwkv.reference_parts import LayerState
from rwkv.rwkv7_reference import Rwkv7Reference


class Rwkv7aReference(Rwkv7Reference):
    """Feeds tokens and carries the state."""

    token = 0

    def forward(self, token: int) -> Float32Array:
        """The logits [V] of what follows `token`; the state moves on by this token."""
        self.token = token
        return super().forward(token)

    def channel_mix(self, x: Float32Array, ffn: str, state: LayerState) -> Float32Array:
        """The feed-forward half of a layer: [C] -> [C]."""

        def get(name: str) -> Float32Array:
            return self.tensor(ffn + name)

        mixed, state.ffn_shift = x + (state.ffn_shift - x) * get("x_k"), x
        k = np.square(np.maximum(get("key.weight") @ mixed, 0))  # [F]
        rank = self.config.ranks["deep"]
        deep = get("s_emb.weight")[self.token].reshape(rank, rank)  # [D, D]
        k = k * (get("s2") @ ((get("s1") @ x) @ deep) + get("s0"))  # the input itself, not the mixed one
        update: Float32Array = get("value.weight") @ k
        return update
