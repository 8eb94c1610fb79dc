"""Quantises the linears of a float graph by the recipe a16w8; all else stays float.

Activations: u16, asymmetric, one scale a tensor, from calibrated ranges. Weights: s8, symmetric, one scale an
output channel. Biases: s32. Each Gemm is put between QuantizeLinear and DequantizeLinear nodes; the wkv step,
norms, decay and residual adds see floats only, because u16 there costs far more accuracy on the HTP than on a
CPU.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rwkv.external_tensors import FilePart, external_tensor, read_external
from rwkv.half_weights import cast, halved
from rwkv.number_formats import Float32Array
from rwkv.tensor_encodings import Range, encoding_key
from rwkv.tool_failure import InputError

LARGEST_U16 = 65535
LARGEST_S8 = 127
LARGEST_S32 = 2**31 - 1
CODES_FILE = "quantised.bin"


def quantise_linears(
    model: onnx.ModelProto, folder: Path, ranges: dict[str, Range], encodings_file: Path
) -> onnx.ModelProto:
    """The quantised model; its new weights are written to `folder`/quantised.bin, one linear at a time.

    `model` points into the files of `folder`. Raises `InputError` when a range is missing.
    """
    with (folder / CODES_FILE).open("wb") as codes:
        rewriter = LinearQuantiser(model, folder, ranges, encodings_file, codes)
        for node in model.graph.node:
            rewriter.rewrite(node)
        return rewriter.finish()


class LinearQuantiser:
    """Rewrites node by node, in topological order."""

    def __init__(
        self,
        model: onnx.ModelProto,
        folder: Path,
        ranges: dict[str, Range],
        encodings_file: Path,
        codes: BinaryIO,
    ) -> None:
        self.model = model
        self.folder = folder
        self.ranges = ranges
        self.encodings_file = encodings_file
        self.codes = codes
        self.nodes: list[onnx.NodeProto] = []
        self.floats = {tensor.name: tensor for tensor in model.graph.initializer}
        self.added: list[onnx.TensorProto] = []
        # Float tensor -> the dequantised tensor that stands for it, and its scale.
        self.dequantised: dict[str, tuple[str, np.float32]] = {}

    def rewrite(self, node: onnx.NodeProto) -> None:
        """Copy a node, or quantise it when it is a linear."""
        if node.op_type == "Gather":
            self.look_up_halves(node)
        elif node.op_type == "Gemm":
            self.quantise_linear(node)
        else:
            self.nodes.append(node)

    def look_up_halves(self, node: onnx.NodeProto) -> None:
        """Store the embedding table as fp16, not quantised; the row that is looked up becomes fp32 again."""
        table, (row,) = node.input[0], node.output
        self.floats[table] = halved(self.floats[table], self.folder, self.codes)
        half = f"{row}.half"
        self.nodes.append(helper.make_node("Gather", node.input, [half], name=node.name, axis=0))
        self.nodes.append(cast(half, row, TensorProto.FLOAT))

    def quantise_linear(self, node: onnx.NodeProto) -> None:
        """Put a linear between QuantizeLinear and DequantizeLinear nodes."""
        x, x_scale = self.quantised_input(node.input[0])
        weight, weight_scales = self.quantised_weight(node.input[1])
        inputs = [x, weight]
        if len(node.input) > 2:
            inputs.append(self.quantised_bias(node.input[2], x_scale * weight_scales))
        output = node.output[0]
        raw = f"{output}.linear"
        self.nodes.append(helper.make_node("Gemm", inputs, [raw], name=node.name, transB=1))
        self.dequantised[output] = (output, self.quantise(raw, output, output))

    def quantised_input(self, name: str) -> tuple[str, np.float32]:
        """A linear's input after QuantizeLinear and DequantizeLinear, and its scale. Done once a tensor."""
        if name not in self.dequantised:
            self.dequantised[name] = (f"{name}.dequantised", self.quantise(name, f"{name}.dequantised", name))
        return self.dequantised[name]

    def quantise(self, source: str, target: str, ranged: str) -> np.float32:
        """Quantise `source` and dequantise it to `target`, in the range of `ranged`; returns the scale."""
        scale, zero_point = u16_encoding(self.calibrated(ranged))
        parameters = [self.add(f"{ranged}.scale", scale), self.add(f"{ranged}.zero_point", zero_point)]
        code = f"{ranged}.u16"
        self.nodes.append(helper.make_node("QuantizeLinear", [source, *parameters], [code], name=code))
        self.nodes.append(
            helper.make_node("DequantizeLinear", [code, *parameters], [target], name=f"{ranged}.float")
        )
        return scale

    def calibrated(self, name: str) -> Range:
        """The range that calibration saw; raises `InputError` when it saw none."""
        key = encoding_key(name, 0)  # a state's, where a linear reads what the state keeps
        if key not in self.ranges:
            raise InputError(
                self.encodings_file,
                f"has no range for {name}",
                "calibrate again with the weights of this graph",
            )
        return self.ranges[key]

    def quantised_weight(self, name: str) -> tuple[str, Float32Array]:
        """A weight [out, in] behind DequantizeLinear, and its scales [out]."""
        codes, scales = s8_codes(read_external(self.floats[name], self.folder))
        return self.dequantise(name, "s8", codes, scales), scales

    def quantised_bias(self, name: str, scales: Float32Array) -> str:
        """A bias [out] behind DequantizeLinear; its scales are given by those of the input and the weight."""
        bias = read_external(self.floats[name], self.folder)
        codes = np.clip(np.rint(bias / scales.astype(np.float64)), -LARGEST_S32, LARGEST_S32)
        return self.dequantise(name, "s32", codes.astype(np.int32), scales)

    def dequantise(self, name: str, kind: str, codes: NDArray[np.generic], scales: Float32Array) -> str:
        """Store codes outside the model; add the DequantizeLinear (axis 0) that makes floats of them."""
        code = self.store(f"{name}.{kind}", codes)
        parameters = [
            self.add(f"{name}.scales", scales),
            self.add(f"{name}.zero_points", np.zeros(scales.shape, codes.dtype)),
        ]
        self.nodes.append(
            helper.make_node(
                "DequantizeLinear", [code, *parameters], [f"{name}.dequantised"], name=code, axis=0
            )
        )
        return f"{name}.dequantised"

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
        initializers = [tensor for tensor in (*self.floats.values(), *self.added) if tensor.name in used]
        graph, old = onnx.GraphProto(), self.model.graph
        graph.name = old.name
        graph.node.extend(self.nodes)
        graph.input.extend(self.end(item) for item in old.input)
        graph.output.extend(self.end(item) for item in old.output)
        graph.initializer.extend(initializers)
        return helper.make_model(
            graph,
            opset_imports=list(self.model.opset_import),
            ir_version=self.model.ir_version,
            producer_name="rwkv-build",
        )

    def end(self, item: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
        """A graph input or output of the quantised model."""
        return item


def u16_encoding(found: Range) -> tuple[np.float32, np.uint16]:
    """(scale, zero point) of a range, widened so that 0 has a code of its own."""
    scale, zero_point = asymmetric_encoding(found, LARGEST_U16)
    return scale, np.uint16(zero_point)


def asymmetric_encoding(found: Range, largest: int) -> tuple[np.float32, int]:
    """(scale, zero point) of a range for codes 0 to `largest`, widened so that 0 has a code of its own."""
    low, high = min(found.low, 0.0), max(found.high, 0.0)
    scale = max(high - low, 1e-6) / largest
    return np.float32(scale), round(-low / scale)


def s8_codes(weight: Float32Array) -> tuple[NDArray[np.int8], Float32Array]:
    """(codes [out, in], scales [out]) of a weight [out, in]: |weight − scale·code| <= scale/2."""
    scales = np.abs(weight).max(1).astype(np.float32) / np.float32(LARGEST_S8)
    scales = np.where(scales > 0, scales, np.float32(1))  # a row of zeros has any scale
    return np.rint(weight / scales[:, None]).astype(np.int8), scales
