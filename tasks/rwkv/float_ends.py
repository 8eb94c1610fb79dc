"""The float inputs and outputs of a graph: their type, and another one than the graph computes in."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)


def cast_ends(model: onnx.ModelProto, element: int) -> onnx.ModelProto:
    """The model with float inputs and outputs of the type `element`, behind Cast nodes where they differ."""
    old = model.graph
    inside = {
        item.name: item.type.tensor_type.elem_type
        for item in (*old.input, *old.output)
        if is_float(item) and item.type.tensor_type.elem_type != element
    }
    names = {name: f"{name}.inside" for name in inside}
    taken = [item.name for item in old.input if item.name in inside]
    given = [item.name for item in old.output if item.name in inside]
    graph = onnx.GraphProto(name=old.name, initializer=old.initializer)
    graph.input.extend(retyped(old.input, element))
    graph.output.extend(retyped(old.output, element))
    graph.node.extend(cast(name, names[name], inside[name]) for name in taken)
    for node in old.node:
        renamed = graph.node.add()
        renamed.CopyFrom(node)
        renamed.input[:] = [names.get(name, name) for name in node.input]
        renamed.output[:] = [names.get(name, name) for name in node.output]
    graph.node.extend(cast(names[name], name, element) for name in given)
    done = onnx.ModelProto()
    done.CopyFrom(model)
    done.graph.CopyFrom(graph)
    return done


def is_float(item: onnx.ValueInfoProto) -> bool:
    """Whether a graph input or output is fp32 or fp16."""
    return item.type.tensor_type.elem_type in FLOATS


def retyped(items: Sequence[onnx.ValueInfoProto], element: int) -> list[onnx.ValueInfoProto]:
    """Graph inputs or outputs, the floats among them of the type `element`."""
    copies = []
    for item in items:
        copy = onnx.ValueInfoProto()
        copy.CopyFrom(item)
        if is_float(item):
            copy.type.tensor_type.elem_type = element
        copies.append(copy)
    return copies


def cast(source: str, target: str, element: int) -> onnx.NodeProto:
    """A Cast node, named after what it writes."""
    return helper.make_node("Cast", [source], [target], name=f"{target}.cast", to=element)
