"""What the numpy references of all RWKV versions share: state, access to weights, norms, sigmoids.

C channels in H heads of N.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rwkv.number_formats import Float32Array
from rwkv.tuned_state import initial_wkv
from rwkv.weight_folder import WeightFolder


@dataclass
class LayerState:
    """What a layer remembers: the last inputs of its two halves, and what the heads have learnt."""

    att_shift: Float32Array  # [C]
    wkv: Float32Array  # [H, N, N]; [head, value, key] in v7, [head, key, value] before
    ffn_shift: Float32Array  # [C]


def initial_state(weights: WeightFolder) -> list[LayerState]:
    """The state before the first token, one a layer."""
    c = weights.config.embd
    return [
        LayerState(np.zeros(c, np.float32), initial_wkv(weights, layer), np.zeros(c, np.float32))
        for layer in range(weights.config.layers)
    ]


def sigmoid(x: Float32Array) -> Float32Array:
    """1/(1+e^-x), without overflow for large negative x."""
    result: Float32Array = np.float32(0.5) * (np.float32(1) + np.tanh(np.float32(0.5) * x))
    return result


def silu(x: Float32Array) -> Float32Array:
    """x·sigmoid(x)."""
    return x * sigmoid(x)


def normalise(x: Float32Array, eps: float) -> Float32Array:
    """Zero mean and unit variance along the last axis."""
    centred = x - x.mean(-1, keepdims=True)
    variance = np.square(centred).mean(-1, keepdims=True)
    result: Float32Array = centred / np.sqrt(variance + np.float32(eps))
    return result


class ReferenceModel:
    """Carries the state and reads the weights; a version adds `forward`."""

    def __init__(self, weights: WeightFolder) -> None:
        self.config = weights.config
        self.weights = weights
        self.state = initial_state(weights)
        self.cache: dict[str, Float32Array] = {}
        self.norm_inputs: dict[str, Float32Array] = {}  # what each norm was last given, by its name

    def tensor(self, name: str) -> Float32Array:
        """A stored tensor; low-rank matrices are stored [out, in]."""
        if name not in self.cache:
            self.cache[name] = self.weights.read(name)
        return self.cache[name]

    def layer_norm(self, x: Float32Array, name: str) -> Float32Array:
        """[C] -> [C]."""
        self.norm_inputs[name] = x
        x = normalise(x, self.config.layer_norm_eps)
        return x * self.tensor(f"{name}.weight") + self.tensor(f"{name}.bias")

    def stream(self) -> Float32Array:
        """The residual stream [L, C] of the last token after each layer: what the next norm reads."""
        names = [*(f"blocks.{layer}.ln1" for layer in range(1, self.config.layers)), "ln_out"]
        return np.stack([self.norm_inputs[name] for name in names])
