"""Compare the C++ recurrences, values and gradients, with what they mean written out one token at a time.

Run it after touching a kernel: python check_wkv.py
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from rwkv7_jax import SLOWEST_LOG_DECAY
from wkv6 import wkv6
from wkv7 import Wkv, wkv7

TOLERANCE = 1e-5  # of the largest value; float32 sums in another order differ by about 1e-6
BATCH, LENGTH, HEADS, SIZE = 2, 53, 3, 64  # a length that is no multiple of the kernels' block


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


def wkv6_by_steps(*inputs: jax.Array) -> Wkv:
    """Compute what wkv6 computes from its definition."""
    *sequences, bonus, state = inputs

    def step(s: jax.Array, token: tuple[jax.Array, ...]) -> Wkv:
        r, w, k, v = token  # each [B,H,N]
        learnt = k[..., None] * v[:, :, None]
        y = jnp.einsum("bhkv,bhk->bhv", s + bonus[..., None] * learnt, r)
        return s * w[..., None] + learnt, y

    after, y = jax.lax.scan(step, state, tuple(x.swapaxes(0, 1) for x in sequences))
    return y.swapaxes(0, 1), after


def compare(ours: Callable[..., Wkv], theirs: Callable[..., Wkv], inputs: dict[str, jax.Array]) -> None:
    """Print every error and fail on the first that is too large."""
    weights = normal(np.random.default_rng(1), BATCH, LENGTH, HEADS, SIZE)

    def results(function: Callable[..., Wkv]) -> tuple[jax.Array, ...]:
        def scalar(*x: jax.Array) -> jax.Array:
            y, after = function(*x)
            return (y * weights).sum() + jnp.sin(after).sum()

        everything = tuple(range(len(inputs)))
        return *function(*inputs.values()), *jax.grad(scalar, argnums=everything)(*inputs.values())

    names = ("y", "state", *(f"gradient of {name}" for name in inputs))
    for name, mine, other in zip(names, results(ours), results(theirs), strict=True):
        error = float(abs(mine - other).max() / abs(other).max())
        print(f"{ours.__name__}, {name}: relative error {error:.1e}")
        if not error < TOLERANCE:
            raise SystemExit(f"{ours.__name__} disagrees with the recurrence in {name}")


def normal(random: np.random.Generator, *shape: int) -> jax.Array:
    """Draw from the normal distribution."""
    return jnp.asarray(random.standard_normal(shape), jnp.float32)


def main() -> None:
    """Compare both, on random inputs with the decays that each version can have."""
    random = np.random.default_rng(0)
    sequence, state = (BATCH, LENGTH, HEADS, SIZE), normal(random, BATCH, HEADS, SIZE, SIZE)
    r, k, v, kk, free = (normal(random, *sequence) for _ in range(5))

    kk = kk / jnp.linalg.norm(kk, axis=-1, keepdims=True)
    b = kk * jax.nn.sigmoid(normal(random, *sequence))
    bounded = jnp.exp(SLOWEST_LOG_DECAY * jax.nn.sigmoid(free))
    compare(wkv7, wkv7_by_steps, {"r": r, "w": bounded, "k": k, "v": v, "a": -kk, "b": b, "state": state})

    w = jnp.exp(-jnp.exp(3 * free))  # from all to nothing is kept
    u = normal(random, HEADS, SIZE)
    compare(wkv6, wkv6_by_steps, {"r": r, "w": w, "k": k, "v": v, "u": u, "state": state})


if __name__ == "__main__":
    main()
