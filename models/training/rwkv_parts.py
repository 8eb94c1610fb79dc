"""What the RWKV versions have in common, in JAX: sizes, states, norms, shifts, losses.

Shapes use B sequences, T tokens, C channels, H heads of N channels, D the rank of a low-rank pair, V tokens
in the vocabulary. A model is a flat dictionary from tensor name to array, just what the checkpoint holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

Params = dict[str, jax.Array]
LayerState = tuple[jax.Array, jax.Array, jax.Array]  # attention shift [B,C], wkv [B,H,N,N], ffn shift [B,C]

LAYER_NORM_EPS = 1e-5
GROUP_NORM_EPS = 64e-5


@dataclass(frozen=True)
class Sizes:
    """The sizes that every version has; a version with low-rank pairs adds their ranks."""

    n_layer: int = 4
    n_embd: int = 192
    head_size: int = 64
    vocab_size: int = 256

    @property
    def n_head(self) -> int:
        """H."""
        return self.n_embd // self.head_size


def zero_state(sizes: Sizes, batch: int) -> list[LayerState]:
    """Return the state before any text."""
    c, h, n = sizes.n_embd, sizes.n_head, sizes.head_size
    return [
        (jnp.zeros((batch, c)), jnp.zeros((batch, h, n, n)), jnp.zeros((batch, c)))
        for _ in range(sizes.n_layer)
    ]


def normalised(x: jax.Array, weight: jax.Array, bias: jax.Array, eps: float = LAYER_NORM_EPS) -> jax.Array:
    """Normalise over the last axis."""
    mean = x.mean(-1, keepdims=True)
    centred = x - mean
    return centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + eps) * weight + bias


def layer_norm(p: Params, name: str, x: jax.Array) -> jax.Array:
    """Normalise x [...,C] by the weight and bias of that name."""
    return normalised(x, p[name + ".weight"], p[name + ".bias"])


def head_norm(p: Params, name: str, y: jax.Array) -> jax.Array:
    """Normalise each head of y [B,T,H,N], by a weight and bias for every channel: a group norm."""
    weight, bias = (p[f"{name}.{part}"].reshape(y.shape[-2:]) for part in ("weight", "bias"))
    return normalised(y, weight, bias, GROUP_NORM_EPS)


def rows_matmul(x: jax.Array, matrix: jax.Array) -> jax.Array:
    """Multiply x [...,I] by a matrix [I,O] as rows [B·T,I]: 3-D products have slow gradients in XLA."""
    return (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:-1], matrix.shape[-1])


def linear(p: Params, name: str, x: jax.Array) -> jax.Array:
    """Multiply x [...,I] by the weight [O,I] of that name."""
    return rows_matmul(x, p[name + ".weight"].T)


def shifted(x: jax.Array, last: jax.Array) -> jax.Array:
    """Return every token's predecessor: x [B,T,C] one step later, after the last segment's last token."""
    return jnp.concatenate([last[:, None], x[:, :-1]], axis=1)


def token_losses(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Return the negative log-likelihood in nats of each target, [B,T]."""
    picked = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - picked
