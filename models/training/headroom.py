"""Room for fp16: the same function with smaller numbers on the way.

Two places in RWKV are followed by a normalisation before anything else looks at them, so their scale is
free: the residual stream, and what a head reads. Trained without a thought of that, the latter reaches
thousands, and the square that a normalisation takes of it leaves fp16's range. Here powers of two move scale
from there into weights; apart from the normalisations' eps, nothing changes but exponents.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from architectures import Forward, architecture_of
from model_files import Arrays
from rwkv_parts import Params, Sizes, zero_state

STREAM = 1 / 8  # everything that is added to the residual stream
VALUES = 1 / 4  # the state, whose numbers are sums over the whole text
LARGEST_READING = 64.0  # on the text that is measured; four times as much can still be squared

FACTORS = {
    "blocks.0.ln0.weight": STREAM,
    "blocks.0.ln0.bias": STREAM,
    ".att.output.weight": STREAM,
    ".ffn.value.weight": STREAM,
    ".att.value.weight": VALUES,
}


@partial(jax.jit, static_argnames=("forward", "sizes"))
def largest_readings(forward: Forward, sizes: Sizes, params: Params, tokens: jax.Array) -> jax.Array:
    """Return the largest number that each head of each layer reads, [L,H]."""
    readings: list[jax.Array] = []  # [1,T,H,N] a layer
    forward(params, sizes, tokens, zero_state(sizes, 1), readings)
    return jnp.stack([jnp.abs(y).max(axis=(0, 1, 3)) for y in readings])


def reading_factors(arrays: Arrays, sizes: Sizes, text: bytes) -> np.ndarray:
    """Return for each layer and head [L,H] the power of two, 1 at most, that tames what `text` makes it read.

    Heads differ a hundredfold. One factor for all would push the quiet ones towards the normalisation's eps.
    """
    params = {name: jnp.asarray(array, jnp.float32) for name, array in arrays.items()}
    tokens = jnp.asarray(np.frombuffer(text, np.uint8), jnp.int32)[None]
    largest = largest_readings(architecture_of(arrays).forward, sizes, params, tokens)
    return np.minimum(1.0, 2.0 ** np.floor(np.log2(LARGEST_READING / np.asarray(largest))))


def with_headroom(params: Arrays, sizes: Sizes, text: bytes) -> Arrays:
    """Return the rescaled weights of a model straight from training; `text` is like what it will read."""
    scaled = {
        name: array * next((factor for suffix, factor in FACTORS.items() if name.endswith(suffix)), 1.0)
        for name, array in params.items()
    }
    for layer, factors in enumerate(reading_factors(params, sizes, text)):
        receptance, bonus = (f"blocks.{layer}.att.{name}" for name in ("receptance.weight", "r_k"))
        per_channel = np.repeat(factors / VALUES, sizes.head_size)[:, None]
        scaled[receptance] = params[receptance] * per_channel
        if bonus in params:
            # RWKV-7's bonus (Σ r·k·r_k)·v joins after the normalisation: it has to stay what it was.
            scaled[bonus] = params[bonus] / factors[:, None]
    return scaled
