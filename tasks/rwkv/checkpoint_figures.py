"""Figures that the shapes of a checkpoint tell, read the same way whatever the RWKV version."""

from __future__ import annotations

import re

from rwkv.tool_failure import InputError
from rwkv.weight_file import WeightFile

BLOCK_NAME = re.compile(r"blocks\.(\d+)\.")
LAYER_NORM_EPS = 1e-5
# The heads' norm of every version as it is trained now. Some checkpoints of v5 want 1e-5, and no shape tells.
GROUP_NORM_EPS = 64e-5


def matrix(weights: WeightFile, name: str) -> tuple[int, int]:
    """The shape of a tensor that has to be a matrix without an empty side."""
    shape = weights.shape(name)
    if len(shape) != 2 or 0 in shape:
        raise InputError(
            weights.path, f"{name} has the shape {list(shape)}, expected a matrix", "take another checkpoint"
        )
    return shape[0], shape[1]


def count_layers(weights: WeightFile) -> int:
    """How many numbers `blocks.N.` has; a gap shows when the plan of the layer that is missing is checked."""
    return len({match[1] for name in weights.names() if (match := BLOCK_NAME.match(name))})


def require_heads(weights: WeightFile, name: str, heads: int, head_size: int, embd: int) -> None:
    """Raises `InputError` unless the heads that the tensor `name` tells make up all channels."""
    if heads * head_size != embd:
        raise InputError(
            weights.path,
            f"{name} is {heads} heads of {head_size}, emb.weight has {embd} channels",
            "the file is of two models or was edited; take the checkpoint as its author published it",
        )
