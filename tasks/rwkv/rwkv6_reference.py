"""RWKV-6 in plain numpy, fp32, one token at a time: the oracle that graphs and devices are compared with.

C channels in H heads of N, V tokens. Formulas: the "Eagle and Finch" paper (arXiv:2404.05892), written as its
authors' inference code does: one state matrix [key, value] per head. Nothing is scaled here: where weights
are stored divided for the graph's sake (`half_range`), what they give is multiplied again.
"""

from __future__ import annotations

import numpy as np

from rwkv.half_range import KEY_DIVISOR, VALUE_DIVISOR, stream_divisor
from rwkv.number_formats import Float32Array
from rwkv.reference_parts import LayerState, ReferenceModel, normalise, sigmoid, silu
from rwkv.rwkv6_layout import MIXES


class Rwkv6Reference(ReferenceModel):
    """Feeds tokens and carries the state."""

    def forward(self, token: int) -> Float32Array:
        """The logits [V] of what follows `token`; the state moves on by this token."""
        x = self.tensor("emb.weight")[token]  # [C], ln0 is in the table
        for layer, state in enumerate(self.state):
            block, stored = f"blocks.{layer}.", np.float32(stream_divisor(self.config, layer))
            x = x + stored * self.time_mix(self.layer_norm(x, f"{block}ln1"), f"{block}att.", state)
            x = x + stored * self.channel_mix(self.layer_norm(x, f"{block}ln2"), f"{block}ffn.", state)
        logits: Float32Array = self.tensor("head.weight") @ self.layer_norm(x, "ln_out")  # [V]
        return logits

    def time_mix(self, x: Float32Array, att: str, state: LayerState) -> Float32Array:
        """The attention half of a layer: [C] -> [C]."""
        h, n, c = self.config.heads, self.config.head_size, self.config.embd

        def get(name: str) -> Float32Array:
            return self.tensor(att + name)

        shift, state.att_shift = state.att_shift - x, x
        # how much of the shift each of the five takes depends on the input: maa + tanh(·w1)·w2
        mixes = np.tanh(get("time_maa_w1") @ (x + shift * get("time_maa_x"))).reshape(
            len(MIXES), -1
        )  # [5, D]
        xw, xk, xv, xr, xg = (
            x + shift * (get(f"time_maa_{letter}") + get(f"time_maa_w2.{letter}") @ mix)
            for letter, mix in zip(MIXES, mixes, strict=True)
        )  # [C] each

        r = (get("receptance.weight") @ xr).reshape(h, n)
        k = (get("key.weight") @ xk).reshape(h, n) * np.float32(KEY_DIVISOR)
        v = (get("value.weight") @ xv).reshape(h, n) * np.float32(VALUE_DIVISOR)
        g = silu(get("gate.weight") @ xg)  # [C]
        w = get("time_decay") + get("time_decay_w2") @ np.tanh(get("time_decay_w1") @ xw)
        w = np.exp(-np.exp(w)).reshape(h, n)  # decay of each key's row, in (0, 1)

        # y = r·(u·k vᵀ + S), S <- w·S + k vᵀ: the current token counts by u, later ones see it decay
        learnt = k[:, :, None] * v[:, None, :]  # [H, key, value]
        y = (r[:, None, :] @ (get("time_faaaa")[:, :, None] * learnt + state.wkv))[:, 0, :]  # [H, N]
        state.wkv = w[:, :, None] * state.wkv + learnt

        y = normalise(y, self.config.group_norm_eps).reshape(c) * get("ln_x.weight") + get("ln_x.bias")
        update: Float32Array = get("output.weight") @ (y * g)
        return update

    def channel_mix(self, x: Float32Array, ffn: str, state: LayerState) -> Float32Array:
        """The feed-forward half of a layer: [C] -> [C]."""
        shift, state.ffn_shift = state.ffn_shift - x, x
        xk, xr = (x + shift * self.tensor(f"{ffn}time_maa_{letter}") for letter in "kr")
        r = sigmoid(self.tensor(f"{ffn}receptance.weight") @ xr)  # [C]
        k = np.square(np.maximum(self.tensor(f"{ffn}key.weight") @ xk, 0))  # [F]
        return r * (self.tensor(f"{ffn}value.weight") @ k)
