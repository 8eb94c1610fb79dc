"""Tuned initial states: `blocks.N.att.time_state` [H, N, N], what the heads start from instead of zeros.

State tuning trains these alone. They are stored as the version's own formulas index them.
"""

from __future__ import annotations

import numpy as np

from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.tensor_plan import PlannedTensor, copied
from rwkv.tuned_weights import STATE_SUFFIX
from rwkv.weight_file import WeightFile
from rwkv.weight_folder import WeightFolder


def state_name(layer: int) -> str:
    """The tensor's name in checkpoints and weights folders."""
    return f"blocks.{layer}{STATE_SUFFIX}"


def has_tuned_state(weights: WeightFile) -> bool:
    """Whether the checkpoint has them; when one layer has, every layer must."""
    return any(name.endswith(STATE_SUFFIX) for name in weights.names())


def plan_key_value_state(config: ModelConfig, layer: int) -> list[PlannedTensor]:
    """For v5 and v6, whose states are [key, value]: tuning keeps them [value, key]."""
    name, shape = state_name(layer), (config.heads, config.head_size, config.head_size)
    return [PlannedTensor(name, shape, name, shape, swapped)] if config.tuned_state else []


def plan_value_key_state(config: ModelConfig, layer: int) -> list[PlannedTensor]:
    """For v7, whose states are [value, key] as tuned."""
    shape = (config.heads, config.head_size, config.head_size)
    return [copied(state_name(layer), shape)] if config.tuned_state else []


def swapped(tensor: Float32Array) -> Float32Array:
    """[H, value, key] -> [H, key, value]."""
    return tensor.transpose(0, 2, 1)


def initial_wkv(weights: WeightFolder, layer: int) -> Float32Array:
    """What the heads of a layer start from, [H, N, N], as large as the reference has it."""
    config = weights.config
    if not config.tuned_state:
        return np.zeros((config.heads, config.head_size, config.head_size), np.float32)
    return weights.read(state_name(layer))


def graph_wkv(weights: WeightFolder, layer: int) -> Float32Array:
    """The same as large as the graph has it, see `half_range`."""
    return initial_wkv(weights, layer) / np.float32(weights.config.wkv_divisor)


def tuned_states(weights: WeightFolder) -> dict[str, Float32Array]:
    """The state inputs of the model's graphs that do not start from zeros, by name."""
    layers = range(weights.config.layers) if weights.config.tuned_state else ()
    return {f"state{layer}_wkv_in": graph_wkv(weights, layer) for layer in layers}


def graph_states(weights: WeightFolder, inputs: dict[str, tuple[int, ...]]) -> dict[str, Float32Array]:
    """What a graph's state inputs, with these shapes by name, are before the first token."""
    states = {name: np.zeros(shape, np.float32) for name, shape in inputs.items()}
    for layer in range(weights.config.layers):
        if f"state{layer}_wkv_in" in states:
            states[f"state{layer}_wkv_in"] = graph_wkv(weights, layer)
    return states
