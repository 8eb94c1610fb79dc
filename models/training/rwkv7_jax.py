"""RWKV-7 ("x070") for training, in JAX: parameters under the official names, whole segments at a time.

Shapes are named as in rwkv_parts.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from rwkv_parts import (
    LayerState,
    Params,
    Sizes,
    head_norm,
    layer_norm,
    linear,
    rows_matmul,
    shifted,
)
from wkv7 import wkv7

SLOWEST_LOG_DECAY = -0.606531  # -exp(-1/2): the decay of a channel lies between exp of this and 1


@dataclass(frozen=True)
class Rwkv7Sizes(Sizes):
    """The sizes that the shapes below are made of."""

    decay_rank: int = 32
    iclr_rank: int = 32  # a: the in-context learning rate
    value_rank: int = 16
    gate_rank: int = 32


def time_mix(
    p: Params,
    sizes: Sizes,
    layer: int,
    x: jax.Array,
    shift: jax.Array,
    wkv: jax.Array,
    v_first: jax.Array | None,
    readings: list[jax.Array] | None,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Map x [B,T,C] to the output [B,T,C], the shift and wkv states after it and the first layer's v."""
    name = f"blocks.{layer}.att."
    batch, length, _ = x.shape
    heads = (batch, length, sizes.n_head, sizes.head_size)
    delta = shifted(x, shift) - x

    def mixed(which: str) -> jax.Array:
        return x + delta * p[f"{name}x_{which}"]

    def low_rank(which: str, inner: jax.Array) -> jax.Array:
        return p[f"{name}{which}0"] + rows_matmul(inner, p[f"{name}{which}2"])

    xv = mixed("v")
    r = linear(p, name + "receptance", mixed("r"))
    k = linear(p, name + "key", mixed("k"))
    v = linear(p, name + "value", xv)
    w = jnp.exp(
        SLOWEST_LOG_DECAY * jax.nn.sigmoid(low_rank("w", jnp.tanh(rows_matmul(mixed("w"), p[name + "w1"]))))
    )
    a = jax.nn.sigmoid(low_rank("a", rows_matmul(mixed("a"), p[name + "a1"])))
    g = rows_matmul(jax.nn.sigmoid(rows_matmul(mixed("g"), p[name + "g1"])), p[name + "g2"])

    kk = (k * p[name + "k_k"]).reshape(heads)
    # The small constant keeps the gradient finite where a head's key is zero.
    kk = kk * jax.lax.rsqrt((kk * kk).sum(-1, keepdims=True) + 1e-12)
    k = k * (1 + (a - 1) * p[name + "k_a"])
    if v_first is None:
        v_first = v
    else:
        v = v + (v_first - v) * jax.nn.sigmoid(low_rank("v", rows_matmul(xv, p[name + "v1"])))

    r, w, k, v, a = (t.reshape(heads) for t in (r, w, k, v, a))
    y, wkv = wkv7(r, w, k, v, -kk, kk * a, wkv)
    if readings is not None:
        readings.append(y)

    y = head_norm(p, name + "ln_x", y)
    y = y + (r * k * p[name + "r_k"]).sum(-1, keepdims=True) * v
    return linear(p, name + "output", y.reshape(x.shape) * g), x[:, -1], wkv, v_first


def channel_mix(p: Params, layer: int, x: jax.Array, shift: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Map x [B,T,C] to the output [B,T,C] and the shift after it."""
    name = f"blocks.{layer}.ffn."
    xk = x + (shifted(x, shift) - x) * p[name + "x_k"]
    hidden = jnp.square(jax.nn.relu(linear(p, name + "key", xk)))
    return linear(p, name + "value", hidden), x[:, -1]


def forward(
    p: Params,
    sizes: Sizes,
    tokens: jax.Array,
    state: list[LayerState],
    readings: list[jax.Array] | None = None,
) -> tuple[jax.Array, list[LayerState]]:
    """Map tokens [B,T] to logits [B,T,V] and the state after the last token.

    A list of `readings` gets what each layer's heads read from their states, [B,T,H,N].
    """
    x = layer_norm(p, "blocks.0.ln0", p["emb.weight"][tokens])
    after: list[LayerState] = []
    v_first = None
    for layer, (att_shift, wkv, ffn_shift) in enumerate(state):
        block = f"blocks.{layer}."
        out, att_shift, wkv, v_first = time_mix(
            p, sizes, layer, layer_norm(p, block + "ln1", x), att_shift, wkv, v_first, readings
        )
        x = x + out
        out, ffn_shift = channel_mix(p, layer, layer_norm(p, block + "ln2", x), ffn_shift)
        x = x + out
        after.append((att_shift, wkv, ffn_shift))
    return linear(p, "head", layer_norm(p, "ln_out", x)), after
