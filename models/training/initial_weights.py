"""How an untrained RWKV-7 begins: near the identity, with memories of every length over the channels."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from rwkv7_jax import Params, Rwkv7Config


def initial_params(config: Rwkv7Config, seed: int) -> Params:
    """Draw the weights; equal seeds give equal ones."""
    random = np.random.default_rng(seed)
    c, h, n, layers = config.n_embd, config.n_head, config.head_size, config.n_layer
    channel = np.arange(c) / c  # 0 … 1 over the channels
    p: dict[str, np.ndarray] = {}

    def uniform(rows: int, columns: int, scale: float) -> np.ndarray:
        return random.uniform(-scale, scale, (rows, columns))

    def orthogonal(rows: int, columns: int, gain: float) -> np.ndarray:
        tall, _ = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        return gain * (tall if rows >= columns else tall.T)

    def norm(name: str, scale: float = 1.0) -> None:
        p[name + ".weight"], p[name + ".bias"] = np.full(c, scale), np.zeros(c)

    p["emb.weight"] = uniform(config.vocab_size, c, 0.02)
    p["head.weight"] = orthogonal(config.vocab_size, c, 0.5)
    norm("blocks.0.ln0")
    norm("ln_out")
    for layer in range(layers):
        block, att, ffn = (f"blocks.{layer}.{part}" for part in ("", "att.", "ffn."))
        norm(block + "ln1")
        norm(block + "ln2")
        depth = layer / max(layers - 1, 1)  # 0 at the bottom, 1 at the top
        height_left = 1 - layer / layers  # 1 at the bottom, nearly 0 at the top

        # Low channels look at the previous token, high ones at the present; upper layers look back less.
        for which, exponent in {"r": 0.2, "w": 0.9, "k": 0.7, "v": 0.7, "a": 0.9, "g": 0.2}.items():
            p[f"{att}x_{which}"] = (1 - channel ** (exponent * height_left)).reshape(1, 1, c)
        p[ffn + "x_k"] = (1 - channel ** (height_left**4)).reshape(1, 1, c)

        # Decay: from channels that all but keep everything to channels that forget within a few tokens. The
        # ramp inside each head makes a head hold several time scales too.
        in_head = (np.arange(c) % n - (n - 1) / 2) / ((n - 1) / 2)  # -1 … 1
        ramp = -6.5 + 5 * channel ** (0.85 + depth**0.5) + 2.5 * in_head * np.abs(in_head)
        low_rank = {
            "w": (config.decay_rank, ramp),
            "a": (config.iclr_rank, np.zeros(c)),
            "v": (config.value_rank, np.ones(c)),
            "g": (config.gate_rank, None),
        }
        for which, (rank, bias) in low_rank.items():
            if which == "v" and layer == 0:
                continue  # the first layer is where v_first comes from
            p[f"{att}{which}1"] = np.zeros((c, rank)) if which != "g" else uniform(c, rank, 0.05)
            p[f"{att}{which}2"] = orthogonal(rank, c, 0.1 if which != "g" else 1.0)
            if bias is not None:
                p[f"{att}{which}0"] = bias.reshape(1, 1, c)

        p[att + "k_k"] = np.full((1, 1, c), 0.85)
        p[att + "k_a"] = np.ones((1, 1, c))
        p[att + "r_k"] = np.zeros((h, n))
        root = c**-0.5
        p[att + "receptance.weight"] = uniform(c, c, 0.5 * root)
        p[att + "key.weight"] = uniform(c, c, 0.05 * root)
        p[att + "value.weight"] = uniform(c, c, 0.5 * root)
        p[att + "output.weight"] = np.zeros((c, c))  # a block adds nothing until it has learnt something
        norm(att + "ln_x", ((layer + 1) / layers) ** 0.7)
        p[ffn + "key.weight"] = uniform(4 * c, c, 0.5 * root)
        p[ffn + "value.weight"] = np.zeros((c, 4 * c))
    return {name: jnp.asarray(array, jnp.float32) for name, array in p.items()}
