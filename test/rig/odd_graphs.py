"""Writes the DLC of a graph that QNN or its compiler refuses, the way qnn-convert does: NAME FILE."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper, save

from rwkv.dlc_container import neutralise_dlc
from rwkv.qnn_provider import ConversionError, write_raw_dlc

WIDEST = 4 * 1024 * 1024  # as fp16 it is the whole of the on-chip memory that a phone has


@dataclass(frozen=True)
class OddGraph:
    """Nodes from x [rows, width] to y, with ones as the weights w."""

    nodes: list[NodeProto]
    width: int = 8
    rows: int = 1


LINEAR = [helper.make_node("Gemm", ["x", "w"], ["y"], name="proj", transB=1)]
RELU = helper.make_node("Relu", ["x"], ["h"], name="act")
GRAPHS = {
    "float": OddGraph(LINEAR),
    # Two graphs of the same weights, which a context can share.
    "rwkv_decode": OddGraph(LINEAR, 256),
    "rwkv_prefill": OddGraph(LINEAR, 256, rows=16),
    # act(x)·Wᵀ + x: the C of a Gemm is a graph input that something else uses too.
    "gemm-bias-input": OddGraph(
        [RELU, helper.make_node("Gemm", ["h", "w", "x"], ["y"], name="proj", transB=1)]
    ),
    # The provider names what it lacks only where it can take another node.
    "operation-unknown": OddGraph([RELU, helper.make_node("Mod", ["h", "h"], ["y"], name="modulo", fmod=1)]),
    "cpu-fallback": OddGraph([helper.make_node("Gemm", ["x", "w", "x"], ["y"], transB=1, beta=0.5)]),
    "wide": OddGraph([helper.make_node("Softmax", ["x"], ["y"], name="wide", axis=-1)], WIDEST),
}


def main(name: str, dlc: Path) -> None:
    """Write the DLC; what the provider says goes to stderr when it cannot."""
    odd = GRAPHS[name]
    x, y = (helper.make_tensor_value_info(end, TensorProto.FLOAT, [odd.rows, odd.width]) for end in "xy")
    used = {tensor for node in odd.nodes for tensor in node.input}
    sides = [(odd.width, odd.width)] if "w" in used else []
    weights = [numpy_helper.from_array(np.ones(side, np.float32), "w") for side in sides]
    graph = helper.make_graph(odd.nodes, name, [x], [y], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder, "graph.onnx"))
        dumped = Path(folder, "dlc")
        dumped.mkdir()
        try:
            written = write_raw_dlc(Path(folder, "graph.onnx"), dumped)
        except ConversionError as error:
            sys.exit(f"error: {error}")
        neutralise_dlc(written, written.stem, name)
        shutil.copy(written, dlc)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
