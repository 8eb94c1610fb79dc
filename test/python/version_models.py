"""Small random models of every RWKV version as weights folders, and their chains of graphs on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from conftest import RunTool
from container_writers import write_safetensors_file
from cpu_chain import CpuChain
from rwkv.arch_registry import reference_of
from rwkv.synthetic_checkpoint import ModelSizes, plan_checkpoint
from rwkv.weight_folder import WeightFolder
from synthetic_weights import Tensors

VERSIONS = ("5.1", "5.2", "6")
# Twice past the layer at which the residual stream of v5 and v6 is halved.
SIZES = ModelSizes(layers=13, embd=32, head_size=16, vocab=256)


def make_tensors(version: str, sizes: ModelSizes = SIZES, seed: int = 0) -> Tensors:
    """A checkpoint's tensors, as saved."""
    random = np.random.default_rng(seed)
    return {tensor.name: tensor.make(random) for tensor in plan_checkpoint(version, sizes)}


def write_weights(tensors: Tensors, folder: Path, run_tool: RunTool, *options: str) -> WeightFolder:
    """The folder that write_weights.py makes of a checkpoint with these tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors_file(folder / "model.safetensors", dict(tensors))
    arguments = ["--weights", folder / "model.safetensors", "--output", folder / "weights", *options]
    done = run_tool("export-onnx/write_weights.py", *arguments)
    assert done.returncode == 0, done.stderr
    return WeightFolder(folder / "weights")


def write_graphs(
    weights: WeightFolder, folder: Path, run_tool: RunTool, chunks: int, *options: str
) -> list[Path]:
    """The graphs of all chunks, as write_graph.py writes them."""
    graphs = []
    for chunk in range(1, chunks + 1):
        arguments = ["--weights", weights.path, "--chunk", str(chunk), "--chunks", str(chunks), *options]
        done = run_tool("export-onnx/write_graph.py", *arguments, "--output", folder / f"chunk{chunk}")
        assert done.returncode == 0, done.stderr
        graphs.append(folder / f"chunk{chunk}" / "graph.onnx")
    return graphs


def reference_logits(weights: WeightFolder, tokens: list[int]) -> NDArray[np.float32]:
    """What the oracle says, [tokens, V]."""
    reference = reference_of(weights)
    return np.stack([reference.forward(token) for token in tokens])


def chain_logits(graphs: list[Path], tokens: list[int]) -> NDArray[np.float32]:
    """What the graphs say, [tokens, V]."""
    chain = CpuChain(graphs)
    return np.stack([chain.logits({"token": np.array([token], np.int32)}) for token in tokens])
