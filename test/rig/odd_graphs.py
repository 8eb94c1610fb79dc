"""Writes the DLC of a graph that QNN or its compiler refuses, the way qnn-convert does: odd_graphs.py NAME FILE."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper, save
from rwkv.qnn_provider import ConversionError, write_raw_dlc

WIDEST = 4 * 1024 * 1024  # as fp16 it is the whole of the on-chip memory that a phone has
NODES: dict[str, tuple[list[NodeProto], int]] = {
    "float": ([helper.make_node("Gemm", ["x", "w"], ["y"], name="proj", transB=1)], 8),
    # act(x)·Wᵀ + x: the C of a Gemm is a graph input that something else uses too.
    "gemm-bias-input": (
        [
            helper.make_node("Relu", ["x"], ["h"], name="act"),
            helper.make_node("Gemm", ["h", "w", "x"], ["y"], name="proj", transB=1),
        ],
        8,
    ),
    # The provider names what it lacks only where it can take another node.
    "operation-unknown": (
        [
            helper.make_node("Relu", ["x"], ["h"], name="act"),
            helper.make_node("Mod", ["h", "h"], ["y"], name="modulo", fmod=1),
        ],
        8,
    ),
    "cpu-fallback": ([helper.make_node("Gemm", ["x", "w", "x"], ["y"], transB=1, beta=0.5)], 8),
    "wide": ([helper.make_node("Softmax", ["x"], ["y"], name="wide", axis=-1)], WIDEST),
}


def main(name: str, dlc: Path) -> None:
    """Write the DLC; what the provider says goes to stderr when it cannot."""
    nodes, width = NODES[name]
    x, y = (helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [1, width]) for tensor in "xy")
    used = {tensor for node in nodes for tensor in node.input}
    weights = [numpy_helper.from_array(np.ones((width, width), np.float32), "w")] if "w" in used else []
    graph = helper.make_graph(nodes, "odd", [x], [y], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder, "graph.onnx"))
        dumped = Path(folder, "dlc")
        dumped.mkdir()
        try:
            shutil.copy(write_raw_dlc(Path(folder, "graph.onnx"), dumped), dlc)
        except ConversionError as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
