"""Graphs on the CPU as the HTP computes in fp16: every tensor is rounded, sums are not."""

from __future__ import annotations

import onnx
from onnx import TensorProto

from rwkv.float_ends import cast


def round_tensors(model: onnx.ModelProto) -> list[str]:
    """Round what the nodes write, but for the graph's outputs; the names of what is not yet rounded."""
    graph = model.graph
    ends = {item.name for item in graph.output}
    nodes, exact = [], []
    for node in graph.node:
        (output,) = node.output
        nodes.append(node)
        if output in ends:
            continue
        exact.append(f"{output}.exact")
        node.output[:] = exact[-1:]
        nodes.append(cast(exact[-1], f"{output}.half", TensorProto.FLOAT16))
        nodes.append(cast(f"{output}.half", output, TensorProto.FLOAT))
    rounded = onnx.GraphProto(name=graph.name, input=graph.input, output=graph.output)
    rounded.node.extend(nodes)
    rounded.initializer.extend(graph.initializer)
    graph.CopyFrom(rounded)
    return exact
