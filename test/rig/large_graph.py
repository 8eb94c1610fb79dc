"""Writes the DLC of a graph with so many bytes of fp16 tables: large_graph.py BYTES FILE."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save

from rwkv.external_tensors import FilePart, external_tensor
from rwkv.qnn_provider import write_raw_dlc

WIDTH = 1024
TABLES = 2  # a tensor of more than 2 GiB would be another trouble
BLOCK = 1 << 22


def main(total: int, dlc: Path) -> None:
    """Tables that are looked up in: nothing to compute, much to hold."""
    rows = total // (2 * WIDTH * TABLES)
    halves = np.random.default_rng(0).integers(0, 0x3C00, size=BLOCK, dtype=np.uint16)
    with tempfile.TemporaryDirectory(dir=dlc.absolute().parent) as folder:
        with Path(folder, "tables.bin").open("wb") as file:
            for block in range(rows * WIDTH * TABLES // BLOCK + 1):
                # No two alike, or the compiler would keep one.
                file.write((halves ^ np.uint16(block & 0xFF)).tobytes())
        bytes_each = rows * WIDTH * 2
        names = [f"table{index}" for index in range(TABLES)]
        tables = [
            external_tensor(
                name,
                TensorProto.FLOAT16,
                [rows, WIDTH],
                FilePart("tables.bin", index * bytes_each, bytes_each),
            )
            for index, name in enumerate(names)
        ]
        nodes = [helper.make_node("Gather", [name, "row"], [f"{name}.row"], axis=0) for name in names]
        outputs = [
            helper.make_tensor_value_info(f"{name}.row", TensorProto.FLOAT16, [1, WIDTH]) for name in names
        ]
        row = helper.make_tensor_value_info("row", TensorProto.INT32, [1])
        graph = helper.make_graph(nodes, "large", [row], outputs, tables)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        save(model, Path(folder, "graph.onnx"))
        dumped = Path(folder, "dlc")
        dumped.mkdir()
        shutil.move(write_raw_dlc(Path(folder, "graph.onnx"), dumped), dlc)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
