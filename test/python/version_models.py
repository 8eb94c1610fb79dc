"""Small random models of every RWKV version as weights folders, and their chains of graphs on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from container_writers import write_safetensors_file
from rwkv.arch_registry import reference_of
from rwkv.chunk_span import ChunkSpan, split_layers
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_from_token
from rwkv.file_links import link_file
from rwkv.graph_builder import GraphBuilder
from rwkv.synthetic_checkpoint import ModelSizes, plan_checkpoint
from rwkv.weight_folder import WeightFolder
from synthetic_weights import Tensors

if TYPE_CHECKING:
    # Not at run time: an end-to-end test makes models with the stages' Python, which has no pytest.
    from conftest import RunTool

BuildGraph = Callable[[WeightFolder, ChunkSpan], GraphBuilder]
VERSIONS = ("5.1", "5.2", "6", "7", "7a")
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
    weights: WeightFolder, folder: Path, chunks: int, build: BuildGraph = build_from_token
) -> list[Path]:
    """The graphs of all chunks, each in a folder with links to its weights."""
    graphs = []
    for chunk in range(1, chunks + 1):
        span = split_layers(weights.path, weights.config.layers, chunk, chunks)
        graph, place = build(weights, span), folder / f"chunk{chunk}"
        place.mkdir(parents=True)
        for file in graph.files():
            link_file(weights.path / file, place / file)
        (place / "graph.onnx").write_bytes(graph.model().SerializeToString())
        graphs.append(place / "graph.onnx")
    return graphs


def prefill_logits(graphs: list[Path], tokens: list[int], length: int) -> NDArray[np.float32]:
    """What graphs that take `length` tokens at once say after each time, [times, V]."""
    chain = CpuChain(graphs)
    blocks = np.array(tokens, np.int32).reshape(-1, length)
    return np.stack([chain.logits({"token": block}) for block in blocks])


def reference_logits(weights: WeightFolder, tokens: list[int]) -> NDArray[np.float32]:
    """What the oracle says, [tokens, V]."""
    reference = reference_of(weights)
    return np.stack([reference.forward(token) for token in tokens])


def chain_logits(graphs: list[Path], tokens: list[int]) -> NDArray[np.float32]:
    """What the graphs say, [tokens, V]."""
    chain = CpuChain(graphs)
    return np.stack([chain.logits({"token": np.array([token], np.int32)}) for token in tokens])
