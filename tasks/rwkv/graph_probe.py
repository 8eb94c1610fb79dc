"""Makes tensors inside of a graph its outputs, so that they can be looked at wherever the graph runs.

Their names do not change: they are the same on the CPU and the HTP, quantised or not.
"""

from __future__ import annotations

import re

import onnx
from onnx import TensorProto, helper, shape_inference

from rwkv.tool_failure import InputError

LAYERS = "layers"
LAYER_TENSOR = re.compile(r"(?:blocks\.|state)(\d+)[._]")
OWN_OUTPUT = re.compile(r"logits|ln_out|hidden_out|v_first_out|state\d+_\w+_out")
# What these write has the values of what they read.
REPEATING = {"Reshape", "Identity", "Slice"}


def add_probes(model: onnx.ModelProto, what: str) -> list[str]:
    """Make outputs of the residual stream after each layer ("layers"), or of all that one layer computes (its
    number); returns the new outputs, in the order of the graph.
    """
    names = layer_ends(model.graph) if what == LAYERS else layer_tensors(model.graph, layer_number(what))
    given = {item.name for item in model.graph.output}
    added = [name for name in names if name not in given]
    # Shapes only: the weights are not looked at.
    inferred = shape_inference.infer_shapes(model, strict_mode=True).graph
    shapes = {item.name: item.type.tensor_type for item in inferred.value_info}
    for name in added:
        shape = [dimension.dim_value for dimension in shapes[name].shape.dim]
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    return added


def probed_outputs(graph: onnx.GraphProto) -> list[str]:
    """The outputs of a graph that no RWKV graph has without probes."""
    return [item.name for item in graph.output if not OWN_OUTPUT.fullmatch(item.name)]


def layer_number(what: str) -> int:
    """The layer that is probed; raises `InputError` for what is neither a number nor "layers"."""
    if not what.isdecimal():
        raise InputError(f"--probe {what}", "is no layer", f"give {LAYERS}, or a layer's number from 0")
    return int(what)


def layer_ends(graph: onnx.GraphProto) -> list[str]:
    """The residual stream after each layer."""
    computed = [node.output[0] for node in graph.node]
    layers = sorted({int(match[1]) for name in computed if (match := LAYER_TENSOR.match(name))})
    return [layer_end(layer) for layer in layers]


def layer_end(layer: int) -> str:
    """The tensor of the residual stream after a layer, in the graphs of every version."""
    return f"blocks.{layer}.ffn.residual"


def layer_tensors(graph: onnx.GraphProto, layer: int) -> list[str]:
    """What the nodes of a layer compute, in their order; nothing where the graph has other layers."""
    return [
        node.output[0]
        for node in graph.node
        if node.op_type not in REPEATING
        and (match := LAYER_TENSOR.match(node.output[0]))
        and int(match[1]) == layer
    ]
