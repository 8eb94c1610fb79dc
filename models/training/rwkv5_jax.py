"""RWKV-5.2 ("x052") for training, in JAX: parameters under the official names, whole segments at a time.

Shapes are named as in rwkv_parts.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from rwkv_parts import LayerState, Params, Sizes, head_norm, layer_norm, linear, shifted
from wkv6 import wkv6


@dataclass(frozen=True)
class Rwkv5Sizes(Sizes):
    """The sizes that the shapes below are made of."""

    @property
    def n_ffn(self) -> int:
        """Channels inside the feed-forward half: 3.5 times as many, a multiple of 32."""
        return int(self.n_embd * 3.5) // 32 * 32


def time_mix(
    p: Params,
    sizes: Sizes,
    layer: int,
    x: jax.Array,
    shift: jax.Array,
    wkv: jax.Array,
    readings: list[jax.Array] | None,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Map x [B,T,C] to the output [B,T,C] and the shift and wkv states after it; wkv is [B,H,key,value]."""
    name = f"blocks.{layer}.att."
    heads = (*x.shape[:2], sizes.n_head, sizes.head_size)
    before = shifted(x, shift)

    def mixed(which: str) -> jax.Array:
        share = p[f"{name}time_mix_{which}"]
        return x * share + before * (1 - share)

    r = linear(p, name + "receptance", mixed("r")).reshape(heads)
    k = linear(p, name + "key", mixed("k")).reshape(heads)
    v = linear(p, name + "value", mixed("v")).reshape(heads)
    g = jax.nn.silu(linear(p, name + "gate", mixed("g")))
    w = jnp.broadcast_to(jnp.exp(-jnp.exp(p[name + "time_decay"])), heads)

    y, wkv = wkv6(r, w, k, v, p[name + "time_faaaa"], wkv)
    if readings is not None:
        readings.append(y)

    y = head_norm(p, name + "ln_x", y).reshape(x.shape)
    return linear(p, name + "output", y * g), x[:, -1], wkv


def channel_mix(p: Params, layer: int, x: jax.Array, shift: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Map x [B,T,C] to the output [B,T,C] and the shift after it."""
    name = f"blocks.{layer}.ffn."
    before = shifted(x, shift)
    xk, xr = (x * share + before * (1 - share) for share in (p[name + "time_mix_k"], p[name + "time_mix_r"]))
    hidden = jnp.square(jax.nn.relu(linear(p, name + "key", xk)))
    return jax.nn.sigmoid(linear(p, name + "receptance", xr)) * linear(p, name + "value", hidden), x[:, -1]


def forward(
    p: Params,
    sizes: Sizes,
    tokens: jax.Array,
    state: list[LayerState],
    readings: list[jax.Array] | None = None,
) -> tuple[jax.Array, list[LayerState]]:
    """Map tokens [B,T] to logits [B,T,V] and the state after the last token.

    A list of `readings` gets what each layer's heads read, [B,T,H,N], with the current token's bonus.
    """
    x = layer_norm(p, "blocks.0.ln0", p["emb.weight"][tokens])
    after: list[LayerState] = []
    for layer, (att_shift, wkv, ffn_shift) in enumerate(state):
        block = f"blocks.{layer}."
        out, att_shift, wkv = time_mix(
            p, sizes, layer, layer_norm(p, block + "ln1", x), att_shift, wkv, readings
        )
        x = x + out
        out, ffn_shift = channel_mix(p, layer, layer_norm(p, block + "ln2", x), ffn_shift)
        x = x + out
        after.append((att_shift, wkv, ffn_shift))
    return linear(p, "head", layer_norm(p, "ln_out", x)), after
