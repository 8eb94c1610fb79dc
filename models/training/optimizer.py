"""Muon for the blocks' large matrices, Adam for everything else, both with decoupled weight decay.

Muon replaces the momentum of a matrix by the nearest matrix whose singular values are all about one:
directions that gradients rarely point in are learnt as fast as the others, which matters when tokens are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from rwkv_parts import Params

MUON_SUFFIXES = tuple(f".{name}.weight" for name in ("receptance", "key", "value", "gate", "output"))
# A vector for each head: two axes, and yet no matrix.
HEAD_VECTORS = (".r_k", ".time_faaaa", ".time_decay")
# A quintic a·X + b·(XXᵀ)X + c·(XXᵀ)²X that drives singular values from (0,1] towards one in a few rounds. It
# is steep at zero and inexact at one (0.7 to 1.2), since only the former matters here.
QUINTIC = (3.4445, -4.7750, 2.0315)
QUINTIC_ROUNDS = 5


@dataclass(frozen=True)
class OptimizerConfig:
    """Rates and decays, for both kinds of parameters."""

    peak_rate: float = 8e-3
    final_rate: float = 3e-5
    warmup: float = 0.03  # of the whole run
    weight_decay: float = 0.1  # matrices only, times the learning rate
    clip_norm: float = 1.0
    adam_betas: tuple[float, float] = (0.9, 0.99)
    muon_momentum: float = 0.95


class OptimizerState(NamedTuple):
    """What the optimizer remembers between steps."""

    first: Params  # running mean of gradients; Muon's momentum
    second: Params  # running mean of their squares; unused by Muon, kept so that both have one shape
    step: jax.Array


def initial_state(params: Params) -> OptimizerState:
    """Return the memory of an optimizer that has seen nothing."""

    def zeros() -> Params:
        return {name: jnp.zeros_like(p) for name, p in params.items()}

    return OptimizerState(zeros(), zeros(), jnp.zeros((), jnp.float32))


def learning_rate(config: OptimizerConfig, progress: float) -> float:
    """Linear warm-up, then half a cosine, by the fraction of the run that is over."""
    if progress < config.warmup:
        return config.peak_rate * (progress + 1e-3) / (config.warmup + 1e-3)
    remaining = (1 - min(progress, 1.0)) / (1 - config.warmup)
    wave = 0.5 - 0.5 * float(jnp.cos(jnp.pi * remaining))
    return config.final_rate + (config.peak_rate - config.final_rate) * wave


def orthogonalised(momentum: jax.Array) -> jax.Array:
    """Move all singular values of a matrix towards one, on the shorter side, where the products are small."""
    wide = momentum if momentum.shape[0] <= momentum.shape[1] else momentum.T
    x = wide / (jnp.linalg.norm(wide) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(QUINTIC_ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide is momentum else x.T


def apply_gradients(
    config: OptimizerConfig, params: Params, gradients: Params, state: OptimizerState, rate: jax.Array
) -> tuple[Params, OptimizerState, jax.Array]:
    """Return the parameters and the state after one step, and the norm of the gradient before clipping."""
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in gradients.values()))
    scale = jnp.minimum(1.0, config.clip_norm / (norm + 1e-6))
    step = state.step + 1
    beta1, beta2 = config.adam_betas
    new, first, second = {}, {}, {}
    for name, p in params.items():
        g = gradients[name] * scale
        if name.endswith(MUON_SUFFIXES) and p.ndim == 2:
            first[name] = config.muon_momentum * state.first[name] + (1 - config.muon_momentum) * g
            second[name] = state.second[name]
            ahead = config.muon_momentum * first[name] + (1 - config.muon_momentum) * g
            # The factor gives an update the size that Adam's has, so that one learning rate serves both.
            update = orthogonalised(ahead) * (0.2 * max(p.shape) ** 0.5)
        else:
            first[name] = beta1 * state.first[name] + (1 - beta1) * g
            second[name] = beta2 * state.second[name] + (1 - beta2) * g * g
            mean, square = first[name] / (1 - beta1**step), second[name] / (1 - beta2**step)
            update = mean / (jnp.sqrt(square) + 1e-8)
        if p.ndim == 2 and not name.endswith(HEAD_VECTORS):
            update = update + config.weight_decay * p
        new[name] = p - rate * update
    return new, OptimizerState(first, second, step), norm
