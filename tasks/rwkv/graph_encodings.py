"""How each tensor of a quantised graph is encoded: decided once a key, kept as constants of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from rwkv.tensor_encodings import Encodings, Range, TensorEncoding
from rwkv.tool_failure import InputError

Code = type[np.uint8] | type[np.uint16]


@dataclass(frozen=True)
class GivenEncodings:
    """The encodings of a file, and by how much those that calibration made are widened."""

    encodings: Encodings
    file: Path
    headroom: float


@dataclass(frozen=True)
class Encoding:
    """value = scale · (code − zero point); `constants` are the names of scale and zero point in the graph."""

    scale: np.float32
    zero_point: np.uint8 | np.uint16
    constants: tuple[str, str]


class GraphEncodings:
    """Tensors of the same key have the same encoding; a tensor without a key of its own has its name."""

    def __init__(self, given_by: GivenEncodings, keys: Mapping[str, str]) -> None:
        self.given_by = given_by
        self.keys = dict(keys)
        self.decided: dict[str, Encoding] = {}
        self.constants: list[onnx.TensorProto] = []
        self.activations: dict[str, TensorEncoding] = {}

    def of(self, name: str) -> Encoding:
        """How a tensor is quantised: as was decided before, else as its encoding says."""
        key = self.key(name)
        if key not in self.decided:
            found = self.given(key, name)
            if self.given_by.encodings.own:
                self.cover(key, widened(found.range, self.given_by.headroom), np.uint16)
            else:
                self.decide(key, found.scales[0], np.uint16(-found.offsets[0]))
        chosen = self.decided[key]
        scales, offsets = np.array([chosen.scale]), np.array([-int(chosen.zero_point)])
        self.activations[name] = TensorEncoding(
            np.iinfo(chosen.zero_point.dtype).bits, False, scales, offsets
        )
        return chosen

    def given(self, key: str, name: str) -> TensorEncoding:
        """The encoding of the file; raises `InputError` when it has none, or one of another kind."""
        file, given = self.given_by.file, self.given_by.encodings.activations
        found = given.get(key, given.get(name))
        if found is None:
            hint = "calibrate again with the weights of this graph"
            raise InputError(file, f"has no range for {key}", hint)
        if found.bits != 16 or len(found.scales) != 1 or not 0 <= -found.offsets[0] < 2**16:
            cause = f"{key} has {found.bits} bits, {len(found.scales)} scales, offset {found.offsets[0]}"
            raise InputError(
                file, cause, "activations have 16 bits, one scale, and an offset from -65535 to 0"
            )
        return found

    def cover(self, key: str, found: Range, code: Code) -> None:
        """Decide how the tensors of this key are quantised."""
        encoding = TensorEncoding.of_range(found, np.iinfo(code).bits)
        self.decide(key, encoding.scales[0], code(-encoding.offsets[0]))

    def decide(self, key: str, scale: np.float32, zero_point: np.uint8 | np.uint16) -> None:
        """Decide how the tensors of this key are quantised, unless it is decided."""
        if key not in self.decided:
            names = self.add(f"{key}.scale", scale), self.add(f"{key}.zero_point", zero_point)
            self.decided[key] = Encoding(scale, zero_point, names)

    def key(self, name: str) -> str:
        """The name by which the tensor's encoding is known."""
        return self.keys.get(name, name)

    def add(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        """A new constant."""
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name


def widened(found: Range, headroom: float) -> Range:
    """Longer texts lead the states, and what is read from them, beyond what calibration saw."""
    return Range(headroom * found.low, headroom * found.high)
