"""Writes a part of a model's weights as a plan says, one weight in memory at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rwkv.calibrated_inputs import CalibratedInputs
from rwkv.number_formats import VALUES_AT_ONCE, Float32Array
from rwkv.optimal_rounding import Curvature, curvature, optimal_codes
from rwkv.part_names import SCALES, ZERO_POINT
from rwkv.recipe_rules import BITS
from rwkv.rounded_halves import to_halves
from rwkv.safetensors_writer import write_elements
from rwkv.tensor_encodings import Encodings, Range, TensorEncoding
from rwkv.tool_failure import InputError
from rwkv.weight_codes import Codes, nearest_codes, packed, range_scales, searched_scales
from rwkv.weight_folder import WeightFolder
from rwkv.weight_plan import Plan, PlannedWeight

Array = NDArray[np.generic]


@dataclass
class PartWriter:
    """`given` are encodings that the user made: a weight in them takes its bits and scales from there."""

    weights: WeightFolder
    inputs: CalibratedInputs | None = None
    given: Encodings = field(default_factory=lambda: Encodings({}))
    given_file: Path = Path("encodings.json")
    # The last curvature: linears that share an input follow each other, and it can be large.
    last: tuple[str, Curvature] | None = None

    def write(self, plan: Plan, path: Path) -> None:
        """Write the file; raises `InputError` when a weight cannot be stored so."""
        elements: dict[str, tuple[str, tuple[int, ...]]] = {}
        for name, planned in plan.items():
            elements |= self.elements(name, planned)
        write_elements(path, elements, self.tensors(plan))

    def elements(self, name: str, planned: PlannedWeight) -> dict[str, tuple[str, tuple[int, ...]]]:
        """What `store` will give for a weight."""
        rows, columns = self.weights.locate(name).shape
        match planned.form:
            case "fp16":
                return {name: ("F16", (rows, columns))}
            case "u16":
                scale, zero = f"{name}.{SCALES}", f"{name}.{ZERO_POINT}"
                return {name: ("U16", (rows, columns)), scale: ("F32", (1,)), zero: ("F32", (1,))}
        scales = {f"{name}.{SCALES}": ("F32", (rows,))}
        if self.bits(name, planned) == BITS["w8"]:
            return {name: ("I8", (rows, columns)), **scales}
        if columns % 2 == 1:
            cause = f"{name} has {columns} columns; 4-bit weights are stored two a byte"
            raise InputError(self.weights.path, cause, "let this weight have 8 bits")
        return {name: ("U8", (rows, columns // 2)), **scales}

    def tensors(self, plan: Plan) -> Iterator[Array]:
        """The tensors, in the order of `elements`."""
        for name, planned in plan.items():
            weight = self.weights.read(name)
            if planned.form == "fp16":
                for rows in pieces(weight):
                    yield to_halves(name, rows, self.weights.path)
            elif planned.form == "u16":
                yield from table_codes(weight, planned.headroom)
            else:
                scales = []
                for codes in self.codes(name, planned, weight):
                    yield codes.values if codes.bits == BITS["w8"] else packed(codes.values)
                    scales.append(codes.scales)
                yield np.concatenate(scales)

    def bits(self, name: str, planned: PlannedWeight) -> int:
        """How many bits the weight's codes have."""
        given = self.given.weights.get(name)
        bits = BITS[planned.form] if given is None else given.bits
        if bits not in BITS.values():
            raise InputError(self.given_file, f"{name} has {bits} bits", "weights have 4 or 8")
        return bits

    def codes(self, name: str, planned: PlannedWeight, weight: Float32Array) -> Iterator[Codes]:
        """The weight's codes by the planned method, or in the scales that were given; some rows at a time."""
        bits = self.bits(name, planned)
        if name in self.given.weights:
            scales = self.given_scales(name, len(weight))
            for rows, given in zip(pieces(weight), pieces(scales, weight), strict=True):
                yield nearest_codes(rows, given, bits)
        elif planned.method == "gptq":
            yield optimal_codes(weight, bits, self.curvature(planned.input))
        else:
            find = searched_scales if planned.method == "mse" else range_scales
            for rows in pieces(weight):
                yield nearest_codes(rows, find(rows, bits), bits)

    def given_scales(self, name: str, rows: int) -> Float32Array:
        """The scales that the user's encodings have for a weight."""
        given = self.given.weights[name]
        if not given.symmetric or len(given.scales) not in (1, rows):
            cause = f"{name} has {len(given.scales)} scales, symmetric: {given.symmetric}"
            raise InputError(self.given_file, cause, f"weights are symmetric, with 1 scale or {rows} of rows")
        return np.broadcast_to(given.scales, (rows,)).astype(np.float32)

    def curvature(self, key: str) -> Curvature:
        """The curvature of a linear's input."""
        if self.last is None or self.last[0] != key:
            if self.inputs is None:
                raise ValueError("gptq was planned and no inputs were given")
            self.last = key, curvature(self.inputs.read(key))
        return self.last[1]


def pieces(array: Float32Array, like: Float32Array | None = None) -> Iterator[Float32Array]:
    """An array along its first axis, with as many rows at a time as a few MB of `like` have."""
    shape = (array if like is None else like).shape
    rows = max(1, VALUES_AT_ONCE // math.prod(shape[1:]))
    yield from (array[first : first + rows] for first in range(0, len(array), rows))


def table_codes(table: Float32Array, headroom: float) -> Iterator[Array]:
    """An embedding table as u16 codes, their scale and zero point."""
    encoding = TensorEncoding.of_range(Range(headroom * float(table.min()), headroom * float(table.max())))
    zero = -encoding.offsets[0]
    for rows in pieces(table):
        yield np.clip(np.rint(rows / encoding.scales[0]) + zero, 0, 2**16 - 1).astype(np.uint16)
    yield encoding.scales
    yield np.array([zero], np.float32)
