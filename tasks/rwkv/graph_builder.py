"""A small builder of ONNX graphs whose weights stay in `.safetensors` files.

Every tensor is named by the caller, because names live on: encodings are keyed by them and DLCs show them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rwkv.external_tensors import FilePart, external_tensor
from rwkv.graph_form import DECODE, GraphForm, Outside
from rwkv.number_formats import FP32
from rwkv.weight_folder import WeightFolder

OPSET = 21
IR_VERSION = 10  # the one that opset 21 came with
Attribute = int | float | Sequence[int]


class GraphBuilder:
    """Collects nodes in topological order. All shapes are static and every float is fp32."""

    def __init__(
        self, weights: WeightFolder, form: GraphForm = DECODE, outside: Collection[Outside] = ()
    ) -> None:
        self.form = form
        self.outside = outside
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._files: set[str] = set()

    def input(self, name: str, shape: Sequence[int], element: int = TensorProto.FLOAT) -> str:
        """A graph input."""
        self._inputs.append(helper.make_tensor_value_info(name, element, list(shape)))
        return name

    def output(self, name: str, shape: Sequence[int]) -> None:
        """Make the tensor `name`, which some node writes, an fp32 graph output."""
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def op(self, kind: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> str:
        """Add a node; returns the name of what it writes, which is also the node's name."""
        node = helper.make_node(kind, list(inputs), [output], name=output)
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in sorted(attributes))
        self._nodes.append(node)
        return output

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """A small constant inside the graph; the same name must mean the same value."""
        self._initializers.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def scalar(self, name: str, value: float) -> str:
        """A constant that broadcasts with everything."""
        return self.constant(name, np.array([value], np.float32))

    def weight(self, name: str, shape: Sequence[int] | None = None) -> str:
        """A stored tensor, optionally seen in another shape of the same number of elements."""
        place = self._weights.locate(name)
        self._files.add(place.file)
        seen = place.shape if shape is None else shape
        size = math.prod(seen) * FP32.size
        if size != math.prod(place.shape) * FP32.size:
            raise ValueError(f"{name}: {list(place.shape)} cannot be seen as {list(seen)}")
        tensor = external_tensor(name, TensorProto.FLOAT, seen, FilePart(place.file, place.offset, size))
        self._initializers.setdefault(name, tensor)
        return name

    def token_rows(self, table: str, output: str, outside: str) -> str:
        """The tokens' rows [rows, width] of a table: `output` of a look-up, or the graph input `outside`."""
        rows = self.form.rows
        if Outside.TABLES in self.outside:
            return self.input(outside, (rows, self._weights.locate(table).shape[1]))
        if all(item.name != "token" for item in self._inputs):
            self.input("token", (rows,), TensorProto.INT32)
        return self.op("Gather", [self.weight(table), "token"], output, axis=0)

    def linear(self, x: str, weight: str, output: str, bias: str | None = None) -> str:
        """X [rows, in] · weightᵀ [out, in] (+ bias [out]) -> [rows, out]."""
        inputs = [x, self.weight(weight)] + ([self.weight(bias)] if bias is not None else [])
        return self.op("Gemm", inputs, output, transB=1)

    def layer_norm(self, x: str, norm: str, output: str, eps: float) -> str:
        """Normalise the last axis, then scale by `norm`.weight and shift by `norm`.bias."""
        inputs = [x, self.weight(f"{norm}.weight"), self.weight(f"{norm}.bias")]
        return self.op("LayerNormalization", inputs, output, axis=-1, epsilon=eps)

    def reshape(self, x: str, shape: Sequence[int], output: str) -> str:
        """The same elements in another shape."""
        name = "shape." + "x".join(map(str, shape))
        return self.op("Reshape", [x, self.constant(name, np.array(shape, np.int64))], output)

    def slice(self, x: str, axis: int, first: int, last: int, output: str) -> str:
        """The places `first` … `last`−1 of an axis."""
        bounds = [self.constant(f"at_{place}", np.array([place], np.int64)) for place in (first, last, axis)]
        return self.op("Slice", [x, *bounds], output)

    def files(self) -> list[str]:
        """The weights' files that the graph points into, sorted."""
        return sorted(self._files)

    def model(self) -> onnx.ModelProto:
        """The finished model; its external data are found in the folder that it is saved to."""
        graph = helper.make_graph(
            self._nodes, self.form.graph_name, self._inputs, self._outputs, list(self._initializers.values())
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="rwkv-build",
        )
