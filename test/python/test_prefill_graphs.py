"""Graphs that take several tokens at once say what stepping token by token says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest

from conftest import REPOSITORY, RunTool
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_from_embedding, build_from_token
from rwkv.graph_builder import GraphBuilder
from rwkv.graph_form import GraphForm
from rwkv.number_formats import Float32Array
from rwkv.synthetic_checkpoint import ModelSizes
from rwkv.weight_folder import WeightFolder
from version_models import (
    VERSIONS,
    make_tensors,
    prefill_logits,
    reference_logits,
    write_graphs,
    write_weights,
)

TOKENS = [0, *b"A prompt is read in blocks of tokens; what comes after it, token by token."][:64]
RELATIVE_ERROR = 1e-4
SIZES = ModelSizes(layers=7, embd=32, head_size=16, vocab=256)  # past the first halving of v5 and v6
SHIPPED = sorted(path.parent for path in (REPOSITORY / "models").glob("*/model.safetensors"))

WriteChain = Callable[..., list[Path]]


@pytest.fixture(scope="module", params=[*VERSIONS, *SHIPPED], ids=lambda param: Path(param).name)
def weights(
    request: pytest.FixtureRequest, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory
) -> WeightFolder:
    folder = tmp_path_factory.mktemp("weights")
    if isinstance(request.param, str):
        return write_weights(make_tensors(request.param, SIZES), folder, run_tool)
    arguments = ["--weights", request.param / "model.safetensors", "--output", folder / "weights"]
    assert run_tool("export-onnx/write_weights.py", *arguments).returncode == 0
    return WeightFolder(folder / "weights")


@pytest.fixture(scope="module")
def expected(weights: WeightFolder) -> Float32Array:
    return reference_logits(weights, TOKENS)


@pytest.fixture
def write_chain(weights: WeightFolder, tmp_path: Path) -> WriteChain:
    """Write the graphs of all chunks."""

    def write(tokens: int, chunks: int, build: Callable[..., GraphBuilder] = build_from_token) -> list[Path]:
        folder = tmp_path / f"{build.__name__}-{tokens}-{chunks}"
        return write_graphs(weights, folder, chunks, partial(build, form=GraphForm(tokens=tokens)))

    return write


@pytest.mark.parametrize(("tokens", "chunks"), [(1, 1), (8, 2), (16, 1), (16, 2), (32, 2)])
def test_blocks_of_a_prompt_give_what_the_reference_gives_token_by_token(
    expected: Float32Array, write_chain: WriteChain, tokens: int, chunks: int
) -> None:
    logits = prefill_logits(write_chain(tokens, chunks), TOKENS, tokens)
    error = np.abs(logits - expected[tokens - 1 :: tokens]).max()
    assert error < RELATIVE_ERROR * np.abs(expected).max()


def test_the_state_after_a_block_is_where_stepping_goes_on(
    expected: Float32Array, write_chain: WriteChain
) -> None:
    prefill, step = CpuChain(write_chain(16, 2)), CpuChain(write_chain(1, 2))
    prefill.logits({"token": np.array(TOKENS[:16], np.int32)})
    for stepping, read in zip(step.chunks, prefill.chunks, strict=True):
        stepping.states = read.states
    logits = np.stack([step.logits({"token": np.array([token], np.int32)}) for token in TOKENS[16:32]])
    assert np.abs(logits - expected[16:32]).max() < RELATIVE_ERROR * np.abs(expected).max()


def test_rows_of_external_tables_give_the_same_bits(weights: WeightFolder, write_chain: WriteChain) -> None:
    inside = prefill_logits(write_chain(16, 1), TOKENS, 16)
    chain = CpuChain(write_chain(16, 1, build_from_embedding))
    tables = {"embedding": weights.read("emb.weight")}
    if weights.config.arch == "rwkv7a":
        for layer in range(weights.config.layers):
            tables[f"deep_embedding{layer}"] = weights.read(f"blocks.{layer}.ffn.s_emb.weight")
    logits = [
        chain.logits({name: table[TOKENS[at : at + 16]] for name, table in tables.items()})
        for at in range(0, 64, 16)
    ]
    np.testing.assert_array_equal(np.stack(logits), inside)


def test_the_graph_is_named_for_what_it_does_and_has_the_same_states(write_chain: WriteChain) -> None:
    ends = {}
    for name, tokens in {"rwkv_decode": 1, "rwkv_prefill": 16}.items():
        graph = onnx.load_model(write_chain(tokens, 1)[0], load_external_data=False).graph
        assert graph.name == name
        states = [item for item in (*graph.input, *graph.output) if item.name.startswith("state")]
        ends[name] = {item.name: item.type.tensor_type.shape.SerializeToString() for item in states}
    assert ends["rwkv_decode"] == ends["rwkv_prefill"]


@pytest.mark.parametrize("tokens", ["0", "17", "40"])
def test_other_numbers_of_tokens_are_refused(run_tool: RunTool, tmp_path: Path, tokens: str) -> None:
    arguments = ["--weights", tmp_path, "--chunk", "1", "--chunks", "1", "--tokens", tokens]
    done = run_tool("export-onnx/write_graph.py", *arguments, "--output", tmp_path / "graph")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: --tokens: a graph cannot take {tokens} tokens at once")
    assert "a multiple of 16" in done.stderr
