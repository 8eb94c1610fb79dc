"""Compare wkv7.cc, values and gradients, with the recurrence written out one token at a time.

Run it after touching the kernel: python check_wkv7.py
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from rwkv7_jax import SLOWEST_LOG_DECAY
from wkv7 import Wkv, wkv7

TOLERANCE = 1e-5  # of the largest value; float32 sums in another order differ by about 1e-6


def wkv7_by_steps(*inputs: jax.Array) -> Wkv:
    """Compute what wkv7 computes from its definition."""
    *sequences, state = inputs

    def step(s: jax.Array, token: tuple[jax.Array, ...]) -> Wkv:
        r, w, k, v, a, b = token  # each [B,H,N]
        u = jnp.einsum("bhvk,bhk->bhv", s, a)
        s = s * w[:, :, None] + u[..., None] * b[:, :, None] + v[..., None] * k[:, :, None]
        return s, jnp.einsum("bhvk,bhk->bhv", s, r)

    after, y = jax.lax.scan(step, state, tuple(x.swapaxes(0, 1) for x in sequences))
    return y.swapaxes(0, 1), after


def main() -> None:
    """Print every error and fail on the first that is too large."""
    random = np.random.default_rng(0)
    batch, length, heads, size = 2, 53, 3, 64  # a length that is no multiple of the kernel's block

    def normal(*shape: int) -> jax.Array:
        return jnp.asarray(random.standard_normal(shape), jnp.float32)

    r, k, v, kk, weights = (normal(batch, length, heads, size) for _ in range(5))
    w = jnp.exp(SLOWEST_LOG_DECAY * jax.nn.sigmoid(normal(batch, length, heads, size)))
    kk = kk / jnp.linalg.norm(kk, axis=-1, keepdims=True)
    b = kk * jax.nn.sigmoid(normal(batch, length, heads, size))
    inputs = (r, w, k, v, -kk, b, normal(batch, heads, size, size))

    def results(function: Callable[..., Wkv]) -> tuple[jax.Array, ...]:
        def scalar(*x: jax.Array) -> jax.Array:
            y, after = function(*x)
            return (y * weights).sum() + jnp.sin(after).sum()

        return *function(*inputs), *jax.grad(scalar, argnums=tuple(range(7)))(*inputs)

    names = ("y", "state", *(f"gradient of {x}" for x in ("r", "w", "k", "v", "a", "b", "state")))
    for name, ours, theirs in zip(names, results(wkv7), results(wkv7_by_steps), strict=True):
        error = float(abs(ours - theirs).max() / abs(theirs).max())
        print(f"{name}: relative error {error:.1e}")
        if not error < TOLERANCE:
            raise SystemExit(f"wkv7.cc disagrees with the recurrence in {name}")


if __name__ == "__main__":
    main()
