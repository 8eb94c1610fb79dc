"""Values of fp32 rounded to fp16, unless one is too large for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import FP16, Float32Array
from rwkv.tool_failure import InputError

LARGEST = float(np.finfo(np.float16).max)


def to_halves(name: str, values: Float32Array, file: str | Path) -> NDArray[np.float16]:
    """The values rounded to fp16; raises `InputError` when one is too large."""
    if max(values.max(), -values.min()) > LARGEST:
        cause = f"{name} has values beyond {LARGEST:.0f}, the largest of fp16"
        raise InputError(file, cause, "such a model cannot run in fp16")
    return values.astype(FP16.raw)
