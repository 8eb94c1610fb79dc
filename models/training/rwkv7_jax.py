"""RWKV-7 ("x070") for training, in JAX: parameters under the official names, whole segments at a time.

Shapes use B sequences, T tokens, C channels, H heads of N channels, D the rank of a low-rank pair, V tokens
in the vocabulary. A model is a flat dictionary from tensor name to array, just what the checkpoint holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from wkv7 import wkv7

Params = dict[str, jax.Array]
LayerState = tuple[jax.Array, jax.Array, jax.Array]  # attention shift [B,C], wkv [B,H,N,N], ffn shift [B,C]

LAYER_NORM_EPS = 1e-5
GROUP_NORM_EPS = 64e-5
SLOWEST_LOG_DECAY = -0.606531  # -exp(-1/2): the decay of a channel lies between exp of this and 1


@dataclass(frozen=True)
class Rwkv7Config:
    """The sizes that the shapes below are made of."""

    n_layer: int = 4
    n_embd: int = 192
    head_size: int = 64
    vocab_size: int = 256
    decay_rank: int = 32
    iclr_rank: int = 32  # a: the in-context learning rate
    value_rank: int = 16
    gate_rank: int = 32

    @property
    def n_head(self) -> int:
        """H."""
        return self.n_embd // self.head_size


def zero_state(config: Rwkv7Config, batch: int) -> list[LayerState]:
    """Return the state before any text."""
    c, h, n = config.n_embd, config.n_head, config.head_size
    return [
        (jnp.zeros((batch, c)), jnp.zeros((batch, h, n, n)), jnp.zeros((batch, c)))
        for _ in range(config.n_layer)
    ]


def layer_norm(x: jax.Array, weight: jax.Array, bias: jax.Array, eps: float = LAYER_NORM_EPS) -> jax.Array:
    """Normalise over the last axis."""
    mean = x.mean(-1, keepdims=True)
    centred = x - mean
    return centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + eps) * weight + bias


def rows_matmul(x: jax.Array, matrix: jax.Array) -> jax.Array:
    """Multiply x [...,I] by a matrix [I,O] as rows [B·T,I]: 3-D products have slow gradients in XLA."""
    return (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:-1], matrix.shape[-1])


def shifted(x: jax.Array, last: jax.Array) -> jax.Array:
    """Return every token's predecessor: x [B,T,C] one step later, after the last segment's last token."""
    return jnp.concatenate([last[:, None], x[:, :-1]], axis=1)


def time_mix(
    p: Params,
    config: Rwkv7Config,
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
    heads = (batch, length, config.n_head, config.head_size)
    delta = shifted(x, shift) - x

    def mixed(which: str) -> jax.Array:
        return x + delta * p[f"{name}x_{which}"]

    def low_rank(which: str, inner: jax.Array) -> jax.Array:
        return p[f"{name}{which}0"] + rows_matmul(inner, p[f"{name}{which}2"])

    xv = mixed("v")
    r = rows_matmul(mixed("r"), p[name + "receptance.weight"].T)
    k = rows_matmul(mixed("k"), p[name + "key.weight"].T)
    v = rows_matmul(xv, p[name + "value.weight"].T)
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

    scale, bias = (
        p[f"{name}ln_x.{part}"].reshape(config.n_head, config.head_size) for part in ("weight", "bias")
    )
    y = layer_norm(y, scale, bias, GROUP_NORM_EPS)  # a group is a head
    y = y + (r * k * p[name + "r_k"]).sum(-1, keepdims=True) * v
    return rows_matmul(y.reshape(x.shape) * g, p[name + "output.weight"].T), x[:, -1], wkv, v_first


def channel_mix(p: Params, layer: int, x: jax.Array, shift: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Map x [B,T,C] to the output [B,T,C] and the shift after it."""
    name = f"blocks.{layer}.ffn."
    xk = x + (shifted(x, shift) - x) * p[name + "x_k"]
    hidden = jnp.square(jax.nn.relu(rows_matmul(xk, p[name + "key.weight"].T)))
    return rows_matmul(hidden, p[name + "value.weight"].T), x[:, -1]


def forward(
    p: Params,
    config: Rwkv7Config,
    tokens: jax.Array,
    state: list[LayerState],
    readings: list[jax.Array] | None = None,
) -> tuple[jax.Array, list[LayerState]]:
    """Map tokens [B,T] to logits [B,T,V] and the state after the last token.

    A list of `readings` gets what each layer's heads read from their states, [B,T,H,N].
    """

    def norm(name: str, x: jax.Array) -> jax.Array:
        return layer_norm(x, p[name + ".weight"], p[name + ".bias"])

    x = norm("blocks.0.ln0", p["emb.weight"][tokens])
    after: list[LayerState] = []
    v_first = None
    for layer, (att_shift, wkv, ffn_shift) in enumerate(state):
        block = f"blocks.{layer}."
        out, att_shift, wkv, v_first = time_mix(
            p, config, layer, norm(block + "ln1", x), att_shift, wkv, v_first, readings
        )
        x = x + out
        out, ffn_shift = channel_mix(p, layer, norm(block + "ln2", x), ffn_shift)
        x = x + out
        after.append((att_shift, wkv, ffn_shift))
    return rows_matmul(norm("ln_out", x), p["head.weight"].T), after


def token_losses(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Return the negative log-likelihood in nats of each target, [B,T]."""
    picked = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - picked
