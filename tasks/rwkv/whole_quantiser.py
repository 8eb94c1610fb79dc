"""Quantises every tensor of a float graph (a16w8-int), for HTPs that compute no floats at all.

As in `linear_quantiser`, activations are u16, the linears' weights s8 per output channel, biases s32. Here
the states, norms, wkv steps, constants and the graph's inputs and outputs are u16 too; only the factors of a
layer norm are u8, because without fp16 the HTP takes no u16 ones. Each node stands between DequantizeLinear
and QuantizeLinear nodes, which the compiler takes together as one operation on integers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rwkv.external_tensors import is_external, read_external
from rwkv.linear_quantiser import CODES_FILE, LinearQuantiser, asymmetric_encoding
from rwkv.number_formats import Float32Array
from rwkv.tensor_encodings import Range, encoding_key

# Longer texts lead the states, and what is read from them, beyond what calibration saw. Half as much again
# costs 0.6 of 16 bits; saturating would cost more.
HEADROOM = 1.5
# What the HTP's own sigmoid and tanh write.
FIXED_RANGES = {"Sigmoid": Range(0, 1 - 2**-16), "Tanh": Range(-1, 1 - 2**-15)}
# Values pass through these unchanged and keep their encoding.
PASSING = {"Identity", "Reshape"}
STATE_LAYER = re.compile(r"state(\d+)_")

Code = type[np.uint8] | type[np.uint16]


@dataclass(frozen=True)
class Encoding:
    """value = scale · (code − zero point); `constants` are the names of scale and zero point in the graph."""

    scale: np.float32
    zero_point: np.uint8 | np.uint16
    constants: tuple[str, str]


def quantise_whole(
    model: onnx.ModelProto, folder: Path, ranges: dict[str, Range], encodings_file: Path
) -> onnx.ModelProto:
    """The quantised model; its weights are written to `folder`/quantised.bin, one tensor at a time.

    `model` points into the files of `folder`. Float graph inputs and outputs become u16; both ends of a
    state, and of what one chunk hands to the next, have one encoding. Raises `InputError` when a range is
    missing.
    """
    with (folder / CODES_FILE).open("wb") as codes:
        rewriter = WholeQuantiser(model, folder, ranges, encodings_file, codes)
        for node in model.graph.node:
            rewriter.rewrite(node)
        return rewriter.finish()


class WholeQuantiser(LinearQuantiser):
    """Rewrites node by node, in topological order. Tensors of the same key have the same encoding."""

    def __init__(
        self,
        model: onnx.ModelProto,
        folder: Path,
        ranges: dict[str, Range],
        encodings_file: Path,
        codes: BinaryIO,
    ) -> None:
        super().__init__(model, folder, ranges, encodings_file, codes)
        ends = [*model.graph.input, *model.graph.output]
        layers = [int(state[1]) for item in ends if (state := STATE_LAYER.match(item.name))]
        self.keys = {item.name: encoding_key(item.name, min(layers)) for item in ends}
        self.ends = set(self.keys)
        self.integers = {item.name for item in model.graph.input if not is_float(item)}
        self.integers |= {
            name for name, tensor in self.floats.items() if tensor.data_type != TensorProto.FLOAT
        }
        self.encodings: dict[str, Encoding] = {}

    def rewrite(self, node: onnx.NodeProto) -> None:
        """Copy a node, between DequantizeLinear and QuantizeLinear."""
        (output,) = node.output
        if node.op_type == "Gather":
            self.keys[node.input[0]] = output  # the table is stored in the encoding of its rows
        elif node.op_type in PASSING:
            self.keys[output] = self.key(node.input[0])
        elif node.op_type in FIXED_RANGES:
            self.encode(output, FIXED_RANGES[node.op_type], np.uint16)

        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = self.quantised_inputs(node)
        copy.output[:] = [f"{output}.raw"]
        inputs, code = [*copy.output, *self.encoding(output).constants], self.code(output)
        quantise = helper.make_node("QuantizeLinear", inputs, [code], name=f"{output}.code")
        self.nodes.extend([copy, quantise])

    def quantised_inputs(self, node: onnx.NodeProto) -> list[str]:
        """The node's inputs behind DequantizeLinear nodes; shapes, axes and the token are integers anyway."""
        if node.op_type == "Gemm":
            x, x_scale = self.quantised_input(node.input[0])
            weight, scales = self.quantised_weight(node.input[1])
            return [x, weight, *(self.quantised_bias(name, x_scale * scales) for name in node.input[2:])]
        if node.op_type == "LayerNormalization":
            return self.norm_inputs(*node.input)
        return [name if name in self.integers else self.quantised_input(name)[0] for name in node.input]

    def norm_inputs(self, name: str, factors: str, bias: str) -> list[str]:
        """A layer norm's input in u16, its factors in u8, its bias in s32; a bias of zeros is left out."""
        x, x_scale = self.quantised_input(name)
        self.encode(factors, range_of(self.values(factors)), np.uint8)
        factor, factor_scale = self.quantised_input(factors)
        if not self.values(bias).any():
            return [x, factor]
        # One scale for all channels: the HTP refuses norms with more.
        return [x, factor, self.quantised_bias(bias, np.array(x_scale * factor_scale))]

    def quantised_input(self, name: str) -> tuple[str, np.float32]:
        """A tensor or constant after DequantizeLinear, and its scale. Done once a tensor."""
        if name not in self.dequantised:
            if name in self.floats:
                self.store_constant(name)
            target, encoding = f"{name}.dequantised", self.encoding(name)
            inputs = [self.code(name), *encoding.constants]
            self.nodes.append(helper.make_node("DequantizeLinear", inputs, [target], name=target))
            self.dequantised[name] = target, encoding.scale
        return self.dequantised[name]

    def store_constant(self, name: str) -> None:
        """Store a constant's codes; unless its key has an encoding, its values' range decides."""
        values = self.values(name)
        if name not in self.keys:
            self.encode(name, range_of(values), np.uint16)
        encoding = self.encoding(name)
        codes = np.rint(values / encoding.scale) + np.float32(encoding.zero_point)
        limits = np.iinfo(encoding.zero_point.dtype)
        self.store(self.code(name), np.clip(codes, limits.min, limits.max).astype(encoding.zero_point.dtype))

    def encoding(self, name: str) -> Encoding:
        """How a tensor is quantised: as was decided before, else in its calibrated range with headroom."""
        key = self.key(name)
        if key not in self.encodings:
            found = self.calibrated(key)
            self.encode(key, Range(HEADROOM * found.low, HEADROOM * found.high), np.uint16)
        return self.encodings[key]

    def encode(self, key: str, found: Range, code: Code) -> None:
        """Decide how the tensors of this key are quantised, unless it is decided."""
        if key not in self.encodings:
            scale, offset = asymmetric_encoding(found, np.iinfo(code).max)
            zero_point = code(offset)
            names = self.add(f"{key}.scale", scale), self.add(f"{key}.zero_point", zero_point)
            self.encodings[key] = Encoding(scale, zero_point, names)

    def key(self, name: str) -> str:
        """The name by which the tensor's encoding is known."""
        return self.keys.get(name, name)

    def code(self, name: str) -> str:
        """The name of the tensor's codes. Graph inputs and outputs are codes themselves."""
        return name if name in self.ends else f"{name}.code"

    def values(self, name: str) -> Float32Array:
        """A constant's values."""
        tensor = self.floats[name]
        if is_external(tensor):
            return read_external(tensor, self.folder)
        return numpy_helper.to_array(tensor).astype(np.float32)

    def end(self, item: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
        """A graph input or output of the quantised model: floats become u16."""
        if not is_float(item):
            return item
        shape = [dimension.dim_value for dimension in item.type.tensor_type.shape.dim]
        return helper.make_tensor_value_info(item.name, TensorProto.UINT16, shape)


def is_float(item: onnx.ValueInfoProto) -> bool:
    """Whether a graph input or output is fp32."""
    return bool(item.type.tensor_type.elem_type == TensorProto.FLOAT)


def range_of(values: Float32Array) -> Range:
    """The least and the largest value."""
    return Range(float(values.min()), float(values.max()))
