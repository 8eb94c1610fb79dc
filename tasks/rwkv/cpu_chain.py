"""Runs the chunks of a model one after the other on the CPU, as a runtime does on a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from rwkv.number_formats import Float32Array

LARGEST_U16 = 65535
# What one chunk hands to later ones.
HANDED_ON = ("hidden", "v_first")
# What the last one hands to a head in a graph of its own.
HEAD_INPUT = "ln_out"


class CpuChain:
    """Carries the states, from zeros or `initial`; `feed` takes a call's tokens through all chunks.

    Inputs and outputs of the graphs that are codes or halves are floats here.
    """

    def __init__(self, graphs: Sequence[Path], initial: Mapping[str, Float32Array] | None = None) -> None:
        self.chunks = [CpuChunk(path, initial or {}) for path in graphs]

    def feed(self, first: Mapping[str, NDArray[np.generic]]) -> dict[str, Float32Array]:
        """All that the chunks give out, given the `token` or its rows of the tables."""
        given: dict[str, Float32Array] = {}
        handed_on: dict[str, NDArray[np.generic]] = dict(first)
        for chunk in self.chunks:
            outputs = chunk.feed(handed_on)
            given |= outputs
            handed_on |= {
                f"{name}_in": outputs[f"{name}_out"] for name in HANDED_ON if f"{name}_out" in outputs
            }
            if HEAD_INPUT in outputs:
                handed_on[HEAD_INPUT] = outputs[HEAD_INPUT]
        return given

    def logits(self, first: Mapping[str, NDArray[np.generic]]) -> Float32Array:
        """[V] after the last token, given the `token` or its rows of the tables."""
        logits: Float32Array = self.all_logits(first)[0]
        return logits

    def all_logits(self, first: Mapping[str, NDArray[np.generic]]) -> Float32Array:
        """The same of every sequence, [sequences, V]."""
        return self.feed(first)["logits"]


class CpuChunk:
    """One graph with its states."""

    def __init__(self, path: Path, initial: Mapping[str, Float32Array]) -> None:
        options = onnxruntime.SessionOptions()
        # One thread: the order of additions, and so the last bits, must not depend on the machine's cores.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        # Off, because CPU fusions of QDQ nodes compute something else than they say.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.session = onnxruntime.InferenceSession(path, options)
        self.inputs = [item.name for item in self.session.get_inputs()]
        self.outputs = [item.name for item in self.session.get_outputs()]
        graph = onnx.load_model(path, load_external_data=False).graph
        self.encodings = end_encodings(graph)
        self.halves = {
            item.name for item in graph.input if item.type.tensor_type.elem_type == TensorProto.FLOAT16
        }
        self.states = {
            item.name: initial.get(item.name, np.zeros(item.shape, np.float32))
            for item in self.session.get_inputs()
            if item.name.startswith("state")
        }

    def feed(self, given: Mapping[str, NDArray[np.generic]]) -> dict[str, Float32Array]:
        """Run the graph; `given` may hold more than it reads."""
        values = {**given, **self.states}
        inputs = {name: self.encoded(name, values[name]) for name in self.inputs}
        found = self.session.run(self.outputs, inputs)
        outputs = {name: self.decoded(name, value) for name, value in zip(self.outputs, found, strict=True)}
        self.states = {name: outputs[name.removesuffix("_in") + "_out"] for name in self.states}
        return outputs

    def encoded(self, name: str, value: NDArray[np.generic]) -> NDArray[np.generic]:
        """What the graph's input takes: codes or halves, where it takes those."""
        if name in self.halves:
            return value.astype(np.float16)
        if name not in self.encodings:
            return value
        scale, zero_point = self.encodings[name]
        codes = np.rint(value.astype(np.float32) / scale) + zero_point
        stored: NDArray[np.uint16] = np.clip(codes, 0, LARGEST_U16).astype(np.uint16)
        return stored

    def decoded(self, name: str, value: NDArray[np.generic]) -> Float32Array:
        """What the graph's output stands for."""
        if name not in self.encodings:
            return value.astype(np.float32, copy=False)
        scale, zero_point = self.encodings[name]
        return (value.astype(np.float32) - zero_point) * scale


def end_encodings(graph: onnx.GraphProto) -> dict[str, tuple[np.float32, np.float32]]:
    """Scale and zero point of each graph input and output that is u16 codes, by its name."""
    items = [*graph.input, *graph.output]
    codes = {item.name for item in items if item.type.tensor_type.elem_type == TensorProto.UINT16}
    constants = {tensor.name: tensor for tensor in graph.initializer}
    encodings = {}
    for node in graph.node:
        end = {"QuantizeLinear": node.output, "DequantizeLinear": node.input}.get(node.op_type, [""])[0]
        if end in codes:
            scale, zero_point = (numpy_helper.to_array(constants[name]) for name in node.input[1:3])
            encodings[end] = np.float32(scale), np.float32(zero_point)
    return encodings
