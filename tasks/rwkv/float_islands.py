"""Which nodes of a graph stay floats in a quantised precision.

Every node belongs to one group, told by what it computes and not by its name, so that it is the same in every
RWKV version.
"""

from __future__ import annotations

from collections.abc import Iterable

import onnx
from onnx import shape_inference

from rwkv.graph_form import GraphForm
from rwkv.recipe_rules import ALL, Recipe, matches, no_match

IO = "io"
GROUPS = {
    "linear": "a linear layer",
    "embedding": "the look-up of the token",
    "norm": "layer norms, group norms, L2 norms",
    "wkv": "what reads or writes matrices per head",
    "decay": "from a linear to the exponential that makes the decay",
    "residual": "the residual stream",
    "elementwise": "all other nodes: mixing with the token before, gates, …",
}
NORMS = {"LayerNormalization", "LpNormalization", "GroupNormalization", "InstanceNormalization"}
PREFILL = GraphForm(tokens=2).graph_name
# Ranges are calibrated token by token: there are none of what only blocks of tokens compute.
PREFILL_FLOATS = ("att.blocks", "state*_wkv_out")
STREAM = {"emb", "embedding", "hidden_in"}
STREAM_OPS = {"Add", "Mul", "Div", "Identity"}


def float_nodes(model: onnx.ModelProto, recipe: Recipe) -> set[str]:
    """The names of the nodes that stay floats.

    A pattern is a group or, as for weights, parts of a node's name. `io` is no node: it makes the graph's
    inputs and outputs floats.
    """
    groups = node_groups(model)
    patterns = [*recipe.floats, *(PREFILL_FLOATS if model.graph.name == PREFILL else ())]
    return {name for name in groups for pattern in patterns if is_meant(pattern, name, groups)}


def check_floats(model: onnx.ModelProto, recipe: Recipe) -> None:
    """Raises `InputError` for a pattern that is no group and matches no node of the whole model's graph."""
    groups = node_groups(model)
    for pattern in recipe.floats:
        known = pattern == IO or pattern in GROUPS
        if not known and not any(is_meant(pattern, name, groups) for name in groups):
            place = f"precisions/{recipe.name}/float"
            raise no_match(place, pattern, "group or operation", [IO, *GROUPS, *groups])


def is_meant(pattern: str, node: str, groups: dict[str, str]) -> bool:
    """Whether a pattern stands for the node."""
    return pattern == ALL or groups[node] == pattern or matches(pattern, node)


def node_groups(model: onnx.ModelProto) -> dict[str, str]:
    """The group of each node, by the node's name."""
    ranks = tensor_ranks(model)
    writers = {output: node for node in model.graph.node for output in node.output}
    stream = residual_stream(model.graph.node)
    decays: set[str] = set()
    for node in model.graph.node:
        if node.op_type == "Exp":
            decays |= {node.name, *before(node, writers)}
    return {
        node.name: "decay" if node.name in decays else group_of(node, ranks, stream)
        for node in model.graph.node
    }


def group_of(node: onnx.NodeProto, ranks: dict[str, int], stream: set[str]) -> str:
    """The group of a node that is no part of the decay."""
    if node.op_type == "Gemm":
        return "linear"
    if node.op_type == "Gather":
        return "embedding"
    if node.op_type in NORMS:
        return "norm"
    if any(ranks.get(name, 0) > 2 for name in (*node.input, *node.output)):
        return "wkv"
    return "residual" if node.output[0] in stream else "elementwise"


def tensor_ranks(model: onnx.ModelProto) -> dict[str, int]:
    """How many axes each tensor has."""
    graph = shape_inference.infer_shapes(model).graph
    values = (*graph.input, *graph.output, *graph.value_info)
    ranks = {item.name: len(item.type.tensor_type.shape.dim) for item in values}
    return ranks | {tensor.name: len(tensor.dims) for tensor in graph.initializer}


def before(node: onnx.NodeProto, writers: dict[str, onnx.NodeProto]) -> set[str]:
    """What leads to a node, back to the linears."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for name in waiting.pop().input:
            writer = writers.get(name)
            if writer is not None and writer.op_type != "Gemm" and writer.name not in found:
                found.add(writer.name)
                waiting.append(writer)
    return found


def residual_stream(nodes: Iterable[onnx.NodeProto]) -> set[str]:
    """The tensors that the residual stream consists of, from what comes in to what goes out."""
    stream = set(STREAM)
    for node in nodes:
        if node.op_type in STREAM_OPS and stream & set(node.input):
            stream |= set(node.output)
    return stream
