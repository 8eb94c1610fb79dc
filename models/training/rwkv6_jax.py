"""RWKV-6 ("x060") for training, in JAX: parameters under the official names, whole segments at a time.

Shapes are named as in rwkv_parts.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from rwkv_parts import LayerState, Params, Sizes, head_norm, layer_norm, linear, rows_matmul, shifted
from wkv6 import wkv6

MIXES = "wkvrg"  # what the five parts of time_maa_w1 and time_maa_w2 are for, in their order


@dataclass(frozen=True)
class Rwkv6Sizes(Sizes):
    """The sizes that the shapes below are made of."""

    mix_rank: int = 32
    decay_rank: int = 64

    @property
    def n_ffn(self) -> int:
        """Channels inside the feed-forward half: 3.5 times as many, a multiple of 32."""
        return int(self.n_embd * 3.5) // 32 * 32


def mixes(p: Params, name: str, x: jax.Array, shift: jax.Array) -> dict[str, jax.Array]:
    """Blend x [B,T,C] with every token's predecessor, for each purpose by shares that depend on both."""
    delta = shifted(x, shift) - x
    inner = jnp.tanh(rows_matmul(x + delta * p[name + "time_maa_x"], p[name + "time_maa_w1"]))  # [B,T,5D]
    parts = jnp.split(inner, len(MIXES), axis=-1)
    shares = (rows_matmul(part, p[name + "time_maa_w2"][i]) for i, part in enumerate(parts))
    return {
        which: x + delta * (p[f"{name}time_maa_{which}"] + share)
        for which, share in zip(MIXES, shares, strict=True)
    }


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
    mixed = mixes(p, name, x, shift)

    r = linear(p, name + "receptance", mixed["r"])
    k = linear(p, name + "key", mixed["k"])
    v = linear(p, name + "value", mixed["v"])
    g = jax.nn.silu(linear(p, name + "gate", mixed["g"]))
    inner = jnp.tanh(rows_matmul(mixed["w"], p[name + "time_decay_w1"]))
    w = jnp.exp(-jnp.exp(p[name + "time_decay"] + rows_matmul(inner, p[name + "time_decay_w2"])))

    r, w, k, v = (t.reshape(heads) for t in (r, w, k, v))
    y, wkv = wkv6(r, w, k, v, p[name + "time_faaaa"], wkv)
    if readings is not None:
        readings.append(y)

    y = head_norm(p, name + "ln_x", y).reshape(x.shape)
    return linear(p, name + "output", y * g), x[:, -1], wkv


def channel_mix(p: Params, layer: int, x: jax.Array, shift: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Map x [B,T,C] to the output [B,T,C] and the shift after it."""
    name = f"blocks.{layer}.ffn."
    delta = shifted(x, shift) - x
    xk, xr = (x + delta * p[f"{name}time_maa_{which}"] for which in "kr")
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
