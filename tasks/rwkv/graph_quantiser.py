"""Rewrites a float graph into one whose nodes compute on integers, but for those that stay floats.

Activations are u16, asymmetric, one scale a tensor; the linears' weights are codes of 8 or 4 bits with a
scale an output channel, which are read from where they were stored; biases are s32. An integer node stands
between DequantizeLinear and QuantizeLinear nodes, which the compiler takes together as one operation on
integers. Float nodes are computed in fp16.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rwkv.external_tensors import FilePart, external_tensor, is_external, read_external
from rwkv.float_ends import cast, is_float
from rwkv.graph_encodings import GivenEncodings, GraphEncodings
from rwkv.number_formats import Float32Array
from rwkv.tensor_encodings import Encodings, Range, TensorEncoding, encoding_key
from rwkv.tool_failure import InputError
from rwkv.weight_part import StoredWeight, WeightParts

CODES_FILE = "quantised.bin"
LARGEST_S32 = 2**31 - 1
LARGEST_S8 = 127
# What the HTP's own sigmoid and tanh write.
FIXED_RANGES = {"Sigmoid": (0.0, 2.0**-16, 0), "Tanh": (-1.0, 2.0**-15, 32768)}
# Values pass through these unchanged and keep their encoding.
PASSING = {"Identity", "Reshape", "Expand", "Slice"}
PASSING_CODES = {*PASSING, "Transpose"}
STATE_LAYER = re.compile(r"state(\d+)_")


@dataclass(frozen=True)
class Quantisation:
    """What `quantise_graph` goes by: names of float nodes, whether the graph's ends are, and encodings."""

    floats: set[str]
    float_ends: bool
    given: GivenEncodings
    parts: WeightParts


def quantise_graph(
    model: onnx.ModelProto, folder: Path, how: Quantisation
) -> tuple[onnx.ModelProto, Encodings]:
    """The quantised model, and the encodings in it by the names of `model`'s tensors.

    `model` points into the files of `folder`, where the weights' codes are as well. Small constants are
    written to `folder`/quantised.bin. Raises `InputError` when an encoding is missing.
    """
    with (folder / CODES_FILE).open("wb") as codes:
        rewriter = GraphQuantiser(model, folder, how, codes)
        for node in model.graph.node:
            rewriter.rewrite(node)
        return rewriter.finish(), rewriter.used


class GraphQuantiser:
    """Rewrites node by node, in topological order. Tensors of the same key have the same encoding."""

    def __init__(self, model: onnx.ModelProto, folder: Path, how: Quantisation, codes: BinaryIO) -> None:
        self.model = model
        self.folder = folder
        self.how = how
        self.codes = codes
        self.nodes: list[onnx.NodeProto] = []
        self.constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self.added: list[onnx.TensorProto] = []
        ends = [*model.graph.input, *model.graph.output]
        layers = [int(state[1]) for item in ends if (state := STATE_LAYER.match(item.name))]
        first, last = (min(layers), max(layers) + 1) if layers else (0, 0)
        names = [*(item.name for item in ends), *(name for node in model.graph.node for name in node.output)]
        keys = {name: encoding_key(name, first, last) for name in names}
        self.encodings = GraphEncodings(how.given, keys)
        self.inputs = {item.name for item in model.graph.input}
        self.outputs = {item.name for item in model.graph.output}
        self.whole = {item.name for item in ends if not is_float(item)}
        self.whole |= {name for name, t in self.constants.items() if t.data_type != TensorProto.FLOAT}
        # Tensors of which there are floats, and those of which there are codes, by the names of these.
        self.floats = {item.name: item.name for item in model.graph.input if how.float_ends}
        self.integers = {name: name for name in self.inputs - self.whole if not how.float_ends}
        self.dequantised: dict[str, tuple[str, np.float32]] = {}
        self.identities: dict[str, str] = {}
        self.weights: dict[str, TensorEncoding] = {}

    @property
    def used(self) -> Encodings:
        """The encodings of what has been rewritten so far."""
        return Encodings(self.encodings.activations, self.weights)

    def rewrite(self, node: onnx.NodeProto) -> None:
        """Copy a node; an integer one between DequantizeLinear and QuantizeLinear."""
        if self.stays_float(node):
            self.copy_float(node)
        else:
            self.copy_integer(node)

    def stays_float(self, node: onnx.NodeProto) -> bool:
        """Whether the node computes on floats: by the recipe, or because its weight is not quantised."""
        if node.op_type == "Gemm" and self.how.parts.find(node.input[1]) is None:
            return True
        return node.name in self.how.floats

    def copy_float(self, node: onnx.NodeProto) -> None:
        """Copy a node that reads floats and writes them."""
        (output,) = node.output
        if node.op_type in PASSING:
            self.encodings.keys[output] = self.encodings.key(node.input[0])
        becomes_code = output in self.outputs and not self.how.float_ends
        written = f"{output}.float" if becomes_code else output
        stored = self.how.parts.find(node.input[0]) if node.op_type == "Gather" else None
        if stored is not None:  # the table is stored as halves
            table, token = node.input
            self.added.append(external_tensor(table, stored.element, stored.shape, stored.part))
            self.constants.pop(table)
            half = f"{output}.half"
            self.nodes.append(helper.make_node("Gather", [table, token], [half], name=node.name, axis=0))
            self.nodes.append(cast(half, written, TensorProto.FLOAT))
        else:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:] = [self.float_of(name) for name in node.input]
            copy.output[:] = [written]
            self.nodes.append(copy)
        self.floats[output] = written
        if becomes_code:
            self.quantise(written, output, output)

    def copy_integer(self, node: onnx.NodeProto) -> None:
        """Copy a node that reads and writes codes."""
        (output,) = node.output
        if node.op_type == "Gather":
            self.use_table(node.input[0], output)
        elif node.op_type in PASSING_CODES or self.is_repeated(node):
            self.encodings.keys[output] = self.encodings.key(node.input[0])
        elif node.op_type in FIXED_RANGES:
            _, scale, zero = FIXED_RANGES[node.op_type]
            self.encodings.decide(output, np.float32(scale), np.uint16(zero))
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = self.integer_inputs(node)
        copy.output[:] = [f"{output}.raw"]
        self.nodes.append(copy)
        to_float = output in self.outputs and self.how.float_ends
        code = output if output in self.outputs and not to_float else f"{output}.code"
        self.quantise(f"{output}.raw", output, code)
        if to_float:
            self.dequantise(output, output)

    def integer_inputs(self, node: onnx.NodeProto) -> list[str]:
        """The node's inputs behind DequantizeLinear; shapes, axes and the token are integers anyway."""
        if node.op_type == "Gemm":
            x, x_scale = self.dequantised_input(node.input[0])
            weight, scales = self.dequantised_weight(node.input[1])
            return [x, weight, *(self.bias(name, x_scale * scales) for name in node.input[2:])]
        if node.op_type == "LayerNormalization":
            return self.norm_inputs(*node.input)
        if self.is_repeated(node):
            return [self.dequantised_input(node.input[0])[0], self.dequantised_identity(node.input[1])]
        return [name if name in self.whole else self.dequantised_input(name)[0] for name in node.input]

    def is_repeated(self, node: onnx.NodeProto) -> bool:
        """Whether the node is a product with the identity, which writes the codes that it reads."""
        if node.op_type != "MatMul" or node.input[1] not in self.constants:
            return False
        factors = self.values(node.input[1])
        return np.array_equal(factors, np.eye(len(factors)))

    def dequantised_identity(self, name: str) -> str:
        """An identity behind DequantizeLinear, in s8 as weights are: the HTP keeps 8 bits of u16 there.

        Its ones are as large as codes are: the HTP would lose 8 bits of what is multiplied with a code of 1.
        """
        if name not in self.identities:
            code = self.store(f"{name}.s8", (self.values(name) * LARGEST_S8).astype(np.int8))
            self.identities[name] = self.dequantise_rows(name, code, np.array(1 / LARGEST_S8, np.float32))
        return self.identities[name]

    def norm_inputs(self, name: str, factors: str, bias: str) -> list[str]:
        """A layer norm's input in u16, its factors in u8, its bias in s32; a bias of zeros is left out.

        Without fp16 the HTP takes no u16 factors.
        """
        x, x_scale = self.dequantised_input(name)
        if factors not in self.encodings.decided:
            self.encodings.cover(factors, range_of(self.values(factors)), np.uint8)
        factor, factor_scale = self.dequantised_input(factors)
        if not self.values(bias).any():
            return [x, factor]
        # One scale for all channels: the HTP refuses norms with more.
        return [x, factor, self.bias(bias, np.array(x_scale * factor_scale))]

    def float_of(self, name: str) -> str:
        """The tensor as floats."""
        if name in self.whole or name in self.constants or name in self.floats:
            return str(self.floats.get(name, name))
        return self.dequantised_input(name)[0]

    def dequantised_input(self, name: str) -> tuple[str, np.float32]:
        """A tensor or constant after DequantizeLinear, and its scale. Done once a tensor."""
        if name not in self.dequantised:
            if name in self.constants:
                self.store_constant(name)
            elif name not in self.integers:
                self.quantise(self.floats[name], name, f"{name}.code")
            self.dequantise(name, f"{name}.dequantised")
        return self.dequantised[name]

    def quantise(self, source: str, name: str, code: str) -> None:
        """Add the QuantizeLinear that makes the tensor's codes of the floats `source`."""
        inputs = [source, *self.encodings.of(name).constants]
        self.nodes.append(helper.make_node("QuantizeLinear", inputs, [code], name=f"{name}.code"))
        self.integers[name] = code

    def dequantise(self, name: str, target: str) -> None:
        """Add the DequantizeLinear that makes floats of the tensor's codes."""
        encoding = self.encodings.of(name)
        inputs = [self.integers[name], *encoding.constants]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [target], name=f"{name}.dequantised"))
        self.dequantised[name] = target, encoding.scale

    def dequantised_weight(self, name: str) -> tuple[str, Float32Array]:
        """A stored weight [out, in] behind DequantizeLinear, and its scales [out]."""
        stored = self.stored(name)
        code = f"{name}.s{stored.bits}"
        self.added.append(external_tensor(code, stored.element, stored.shape, stored.part))
        self.weights[name] = TensorEncoding.of_channels(stored.scales, stored.bits)
        return self.dequantise_rows(name, code, stored.scales), stored.scales

    def bias(self, name: str, scales: Float32Array) -> str:
        """A bias behind DequantizeLinear; its scales are given by those of the input and the weight."""
        codes = np.clip(np.rint(self.values(name) / scales.astype(np.float64)), -LARGEST_S32, LARGEST_S32)
        return self.dequantise_rows(name, self.store(f"{name}.s32", codes.astype(np.int32)), scales)

    def dequantise_rows(self, name: str, code: str, scales: Float32Array) -> str:
        """Add the DequantizeLinear of a constant with one scale, or one for each row."""
        target = f"{name}.dequantised"
        inputs = [code, self.add(f"{name}.scales", scales)]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [target], name=target, axis=0))
        return target

    def use_table(self, table: str, row: str) -> None:
        """The embedding table as it is stored; its rows have its encoding."""
        stored = self.stored(table)
        self.encodings.keys[table] = row
        self.encodings.decide(row, stored.scales[0], np.uint16(stored.zero_point))
        self.integers[table] = f"{table}.code"
        self.added.append(external_tensor(f"{table}.code", stored.element, stored.shape, stored.part))
        self.constants.pop(table)

    def stored(self, name: str) -> StoredWeight:
        """A quantised weight; the plan has seen to it that it is there."""
        stored = self.how.parts.find(name)
        if stored is None:
            raise InputError(name, "its codes are not there", "quantise the weights with the same recipe")
        return stored

    def store_constant(self, name: str) -> None:
        """Store a constant's codes; unless its key has an encoding, its values' range decides."""
        values = self.values(name)
        if self.encodings.key(name) not in self.encodings.decided:
            self.encodings.cover(self.encodings.key(name), range_of(values), np.uint16)
        encoding = self.encodings.of(name)
        limits = np.iinfo(encoding.zero_point.dtype)
        codes = np.rint(values / encoding.scale) + np.float32(encoding.zero_point)
        kept = np.clip(codes, limits.min, limits.max).astype(encoding.zero_point.dtype)
        self.integers[name] = self.store(f"{name}.code", kept)

    def values(self, name: str) -> Float32Array:
        """A constant's values."""
        tensor = self.constants[name]
        if is_external(tensor):
            return read_external(tensor, self.folder)
        return numpy_helper.to_array(tensor).astype(np.float32)

    def store(self, name: str, codes: NDArray[np.generic]) -> str:
        """A new constant outside the model."""
        part = FilePart(CODES_FILE, self.codes.tell(), codes.nbytes)
        element = helper.np_dtype_to_tensor_dtype(codes.dtype)
        self.codes.write(np.ascontiguousarray(codes).data)
        self.added.append(external_tensor(name, element, codes.shape, part))
        return name

    def add(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        """A new constant inside the model."""
        self.added.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def finish(self) -> onnx.ModelProto:
        """The model of the rewritten nodes, with the initializers that are still used."""
        used = {name for node in self.nodes for name in node.input}
        initializers = {
            t.name: t
            for t in (*self.constants.values(), *self.added, *self.encodings.constants)
            if t.name in used
        }
        old = self.model.graph
        graph = helper.make_graph(
            self.nodes, old.name, self.ends(old.input), self.ends(old.output), list(initializers.values())
        )
        return helper.make_model(
            graph,
            opset_imports=list(self.model.opset_import),
            ir_version=self.model.ir_version,
            producer_name="rwkv-build",
        )

    def ends(self, items: Sequence[onnx.ValueInfoProto]) -> list[onnx.ValueInfoProto]:
        """The graph's inputs or outputs: floats become u16 unless they stay floats."""
        return [item if self.how.float_ends or not is_float(item) else code_end(item) for item in items]


def code_end(item: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    """A graph input or output as codes."""
    shape = [dimension.dim_value for dimension in item.type.tensor_type.shape.dim]
    return helper.make_tensor_value_info(item.name, TensorProto.UINT16, shape)


def range_of(values: Float32Array) -> Range:
    """The least and the largest value."""
    return Range(float(values.min()), float(values.max()))
