"""RWKV-5.1 and 5.2 in plain numpy, fp32, one token at a time: the oracle for graphs and devices.

C channels in H heads of N, V tokens. Formulas: the "Eagle and Finch" paper (arXiv:2404.05892), written as its
authors' inference code does: one state matrix [key, value] per head. Nothing is scaled here: where weights
are stored divided for the graph's sake (`half_range`), what they give is multiplied again.
"""

from __future__ import annotations

import numpy as np

from rwkv.half_range import KEY_DIVISOR, VALUE_DIVISOR, stream_divisor
from rwkv.number_formats import Float32Array
from rwkv.reference_parts import LayerState, ReferenceModel, normalise, sigmoid, silu
from rwkv.rwkv5_layout import MIXES


class Rwkv5Reference(ReferenceModel):
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

        last, state.att_shift = state.att_shift, x
        xr, xk, xv, xg = (
            x * get(f"time_mix_{letter}") + last * (1 - get(f"time_mix_{letter}")) for letter in MIXES
        )  # [C] each

        r = (get("receptance.weight") @ xr).reshape(h, n)
        k = (get("key.weight") @ xk).reshape(h, n) * np.float32(KEY_DIVISOR)
        v = (get("value.weight") @ xv).reshape(h, n) * np.float32(VALUE_DIVISOR)
        g = silu(get("gate.weight") @ xg)  # [C]

        # y = r·(u·k vᵀ + S), S <- w·S + k vᵀ: the current token counts by u, later ones see it decay
        learnt = k[:, :, None] * v[:, None, :]  # [H, key, value]
        y = (r[:, None, :] @ (get("time_faaaa")[:, :, None] * learnt + state.wkv))[:, 0, :]  # [H, N]
        state.wkv = get("decay")[:, :, None] * state.wkv + learnt

        y = normalise(y, self.config.group_norm_eps).reshape(c) * get("ln_x.weight") + get("ln_x.bias")
        update: Float32Array = get("output.weight") @ (y * g)
        return update

    def channel_mix(self, x: Float32Array, ffn: str, state: LayerState) -> Float32Array:
        """The feed-forward half of a layer: [C] -> [C]."""

        def get(name: str) -> Float32Array:
            return self.tensor(ffn + name)

        last, state.ffn_shift = state.ffn_shift, x
        xk, xr = (x * get(f"time_mix_{letter}") + last * (1 - get(f"time_mix_{letter}")) for letter in "kr")
        r = sigmoid(get("receptance.weight") @ xr)  # [C]
        k = np.square(np.maximum(get("key.weight") @ xk, 0))  # [F]
        return r * (get("value.weight") @ k)
