"""Stores a float graph's weights as fp16, which is what the HTP computes in: half the DLC, half the memory.

Graph inputs and outputs stay fp32, behind Cast nodes, so that a runtime need not know.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rwkv.external_tensors import FilePart, external_file, external_tensor, is_external, read_external
from rwkv.number_formats import FP16, Float32Array
from rwkv.tool_failure import InputError
from rwkv.weight_part import WeightParts

HALVES_FILE = "halves.bin"
LARGEST = float(np.finfo(np.float16).max)


def store_halves(model: onnx.ModelProto, folder: Path, parts: WeightParts) -> onnx.ModelProto:
    """The graph in fp16. Weights that are halves in `parts` are taken from there.

    The others are written to `folder`/halves.bin, one tensor at a time. `model` points into the files of
    `folder`. Raises `InputError` when a weight is too large for fp16.
    """
    old = model.graph
    inputs = [item.name for item in old.input if item.type.tensor_type.elem_type == TensorProto.FLOAT]
    outputs = [item.name for item in old.output]
    half_of = {name: f"{name}.half" for name in (*inputs, *outputs)}
    graph = onnx.GraphProto(name=old.name, input=old.input, output=old.output)
    graph.node.extend(cast(name, half_of[name], TensorProto.FLOAT16) for name in inputs)
    for node in old.node:
        renamed = graph.node.add()
        renamed.CopyFrom(node)
        renamed.input[:] = [half_of.get(name, name) for name in node.input]
        renamed.output[:] = [half_of.get(name, name) for name in node.output]
    graph.node.extend(cast(half_of[name], name, TensorProto.FLOAT) for name in outputs)
    with (folder / HALVES_FILE).open("wb") as file:
        for tensor in old.initializer:
            stored = parts.find(tensor.name)
            graph.initializer.append(
                halved(tensor, folder, file)
                if stored is None
                else external_tensor(tensor.name, stored.element, stored.shape, stored.part)
            )
    halved_model = onnx.ModelProto()
    halved_model.CopyFrom(model)
    halved_model.graph.CopyFrom(graph)
    return halved_model


def halved(tensor: onnx.TensorProto, folder: Path, file: BinaryIO) -> onnx.TensorProto:
    """The initializer in fp16; what was external is appended to `file`. Integers stay as they are."""
    if tensor.data_type != TensorProto.FLOAT:
        return tensor
    if not is_external(tensor):
        return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(FP16.raw), tensor.name)
    halves, offset = read_halves(tensor, folder), file.tell()
    file.write(halves.data)
    part = FilePart(Path(file.name).name, offset, halves.nbytes)
    return external_tensor(tensor.name, TensorProto.FLOAT16, tensor.dims, part)


def cast(source: str, target: str, element: int) -> onnx.NodeProto:
    """A Cast node, named after what it writes."""
    return helper.make_node("Cast", [source], [target], name=f"{target}.cast", to=element)


def read_halves(tensor: onnx.TensorProto, folder: Path) -> NDArray[np.float16]:
    """The fp32 values that the tensor points to, rounded to fp16."""
    return to_halves(tensor.name, read_external(tensor, folder), external_file(tensor))


def to_halves(name: str, values: Float32Array, file: str | Path) -> NDArray[np.float16]:
    """The values rounded to fp16; raises `InputError` when one is too large."""
    if np.abs(values).max() > LARGEST:
        cause = f"{name} has values beyond {LARGEST:.0f}, the largest of fp16"
        raise InputError(file, cause, "such a model cannot run in fp16")
    return values.astype(FP16.raw)
