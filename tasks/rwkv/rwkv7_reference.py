"""RWKV-7 in plain numpy, fp32, one token at a time: the oracle that graphs and devices are compared with.

C channels in H heads of N, V tokens. Formulas: the RWKV-7 "Goose" paper (arXiv:2503.14456), written as its
authors' inference code does: one state matrix [value, key] per head.
"""

from __future__ import annotations

import math

import numpy as np

from rwkv.number_formats import Float32Array
from rwkv.reference_parts import LayerState, ReferenceModel, normalise, sigmoid

# A decay is never below exp(-exp(-0.5)) = 0.545: the sigmoid is scaled by this.
DECAY_SCALE = np.float32(-math.exp(-0.5))
L2_EPS = np.float32(1e-12)


class Rwkv7Reference(ReferenceModel):
    """Feeds tokens and carries the state."""

    def forward(self, token: int) -> Float32Array:
        """The logits [V] of what follows `token`; the state moves on by this token."""
        x = self.tensor("emb.weight")[token]  # [C], ln0 is in the table
        v_first = None
        for layer, state in enumerate(self.state):
            block = f"blocks.{layer}."
            update, v_first = self.time_mix(self.layer_norm(x, f"{block}ln1"), f"{block}att.", state, v_first)
            x = x + update
            x = x + self.channel_mix(self.layer_norm(x, f"{block}ln2"), f"{block}ffn.", state)
        logits: Float32Array = self.tensor("head.weight") @ self.layer_norm(x, "ln_out")  # [V]
        return logits

    def time_mix(
        self, x: Float32Array, att: str, state: LayerState, v_first: Float32Array | None
    ) -> tuple[Float32Array, Float32Array]:
        """The attention half of a layer: ([C] to add to the stream, [C] v_first for the later layers)."""
        h, n, c = self.config.heads, self.config.head_size, self.config.embd

        def get(name: str) -> Float32Array:
            return self.tensor(att + name)

        shift, state.att_shift = state.att_shift - x, x
        xr, xw, xk, xv, xa, xg = (x + shift * get(f"x_{letter}") for letter in "rwkvag")  # [C] each

        r = get("receptance.weight") @ xr
        k = get("key.weight") @ xk
        v = get("value.weight") @ xv
        w = sigmoid(get("w0") + get("w2") @ np.tanh(get("w1") @ xw))
        w = np.exp(DECAY_SCALE * w)  # decay, in (0.54, 1)
        a = sigmoid(get("a0") + get("a2") @ (get("a1") @ xa))  # in-context learning rate
        g = get("g2") @ sigmoid(get("g1") @ xg)  # gate

        kk = (k * get("k_k")).reshape(h, n)
        kk = kk / np.maximum(np.sqrt(np.square(kk).sum(-1, keepdims=True)), L2_EPS)
        k = k * (1 + (a - 1) * get("k_a"))
        if v_first is None:
            v_first = v
        else:
            v = v + (v_first - v) * sigmoid(get("v0") + get("v2") @ (get("v1") @ xv))

        r, k, v, w, a = (vector.reshape(h, n) for vector in (r, k, v, w, a))
        # S <- S·w - (S·kk)(kk·a)ᵀ + v kᵀ: decay each key's column, unlearn what kk recalls, learn v under k
        recalled = state.wkv @ kk[:, :, None]  # [H, N, 1]
        unlearnt, learnt = recalled * (kk * a)[:, None, :], v[:, :, None] * k[:, None, :]
        state.wkv = state.wkv * w[:, None, :] - unlearnt + learnt
        y = (state.wkv @ r[:, :, None])[:, :, 0]  # [H, N]

        y = normalise(y, self.config.group_norm_eps).reshape(c) * get("ln_x.weight") + get("ln_x.bias")
        y = y + ((r * k * get("r_k")).sum(-1, keepdims=True) * v).reshape(c)
        return get("output.weight") @ (y * g), v_first

    def channel_mix(self, x: Float32Array, ffn: str, state: LayerState) -> Float32Array:
        """The feed-forward half of a layer: [C] -> [C]."""
        k = x + (state.ffn_shift - x) * self.tensor(f"{ffn}x_k")
        state.ffn_shift = x
        k = np.square(np.maximum(self.tensor(f"{ffn}key.weight") @ k, 0))  # [F]
        update: Float32Array = self.tensor(f"{ffn}value.weight") @ k
        return update
