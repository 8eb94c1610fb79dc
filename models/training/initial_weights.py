"""How untrained models begin: near the identity, with memories of every length over the channels."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from rwkv_parts import Params, Sizes

Arrays = dict[str, np.ndarray]


class Draw:
    """Draws matrices; equal seeds give equal ones in equal order."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def uniform(self, rows: int, columns: int, scale: float) -> np.ndarray:
        """Return values between -scale and scale."""
        return self._random.uniform(-scale, scale, (rows, columns))

    def orthogonal(self, rows: int, columns: int, gain: float) -> np.ndarray:
        """Return a matrix whose singular values are all `gain`."""
        shape = max(rows, columns), min(rows, columns)
        tall, _ = np.linalg.qr(self._random.standard_normal(shape))
        return gain * (tall if rows >= columns else tall.T)


def add_norm(p: Arrays, name: str, channels: int, scale: float = 1.0) -> None:
    """Add a normalisation's weight and bias."""
    p[name + ".weight"], p[name + ".bias"] = np.full(channels, scale), np.zeros(channels)


def outside_blocks(sizes: Sizes, draw: Draw) -> Arrays:
    """Return what every version has before its first block and behind its last."""
    p: Arrays = {}
    p["emb.weight"] = draw.uniform(sizes.vocab_size, sizes.n_embd, 0.02)
    p["head.weight"] = draw.orthogonal(sizes.vocab_size, sizes.n_embd, 0.5)
    add_norm(p, "blocks.0.ln0", sizes.n_embd)
    add_norm(p, "ln_out", sizes.n_embd)
    return p


def add_block_norms(p: Arrays, sizes: Sizes, layer: int) -> None:
    """Add ln1, ln2 and ln_x; what lower layers' heads say counts less in the beginning."""
    block = f"blocks.{layer}."
    add_norm(p, block + "ln1", sizes.n_embd)
    add_norm(p, block + "ln2", sizes.n_embd)
    add_norm(p, block + "att.ln_x", sizes.n_embd, ((layer + 1) / sizes.n_layer) ** 0.7)


def share_of_predecessor(sizes: Sizes, layer: int, exponent: float) -> np.ndarray:
    """Return [1,1,C]: low channels look at the previous token, high ones at the present.

    Upper layers look back less.
    """
    channel = np.arange(sizes.n_embd) / sizes.n_embd  # 0 … 1 over the channels
    height_left = 1 - layer / sizes.n_layer  # 1 at the bottom, nearly 0 at the top
    return (1 - channel ** (exponent * height_left)).reshape(1, 1, -1)


def decay_ramp(sizes: Sizes, layer: int, lowest: float, in_head_range: float) -> np.ndarray:
    """Return [C]: from channels that all but keep everything to channels that forget within a few tokens.

    The ramp inside each head makes a head hold several time scales too.
    """
    c, n = sizes.n_embd, sizes.head_size
    depth = layer / max(sizes.n_layer - 1, 1)  # 0 at the bottom, 1 at the top
    in_head = (np.arange(c) % n - (n - 1) / 2) / ((n - 1) / 2)  # -1 … 1
    return lowest + 5 * (np.arange(c) / c) ** (0.85 + depth**0.5) + in_head_range * in_head * np.abs(in_head)


def as_params(p: Arrays) -> Params:
    """Return what training changes."""
    return {name: jnp.asarray(array, jnp.float32) for name, array in p.items()}
