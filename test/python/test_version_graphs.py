from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from cpu_chain import CpuChain
from rwkv.weight_folder import WeightFolder
from version_models import (
    VERSIONS,
    chain_logits,
    make_tensors,
    reference_logits,
    write_graphs,
    write_weights,
)

TOKENS = [0, *b"The state carries over from token to token."]
# fp32 sums in another order, over 13 layers and 44 tokens; the logits reach ±10.
TOLERANCE = 1e-4


@pytest.fixture(scope="module", params=VERSIONS)
def weights(
    request: pytest.FixtureRequest, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory
) -> WeightFolder:
    folder = tmp_path_factory.mktemp(f"version{request.param}")
    return write_weights(make_tensors(request.param), folder, run_tool)


def test_the_graph_equals_the_reference(weights: WeightFolder, run_tool: RunTool, tmp_path: Path) -> None:
    expected = reference_logits(weights, TOKENS)
    assert np.abs(expected).max() > 5  # the comparison means something
    logits = chain_logits(write_graphs(weights, tmp_path, run_tool, 1), TOKENS)
    np.testing.assert_allclose(logits, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("chunks", [2, 3, 4])
def test_chunks_give_the_same_bits_as_the_whole(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path, chunks: int
) -> None:
    whole = chain_logits(write_graphs(weights, tmp_path / "whole", run_tool, 1), TOKENS)
    parts = chain_logits(write_graphs(weights, tmp_path / "parts", run_tool, chunks), TOKENS)
    np.testing.assert_array_equal(parts, whole)


def test_an_external_embedding_gives_the_same_bits(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    whole = chain_logits(write_graphs(weights, tmp_path / "whole", run_tool, 1), TOKENS)
    chain = CpuChain(write_graphs(weights, tmp_path / "external", run_tool, 2, "--ext-embedding"))
    table = weights.read("emb.weight")
    logits = [chain.logits({"embedding": table[token : token + 1]}) for token in TOKENS]
    np.testing.assert_array_equal(np.stack(logits), whole)


def test_what_was_fed_before_counts(weights: WeightFolder) -> None:
    after_other, alone = (reference_logits(weights, tokens)[-1] for tokens in ([7, 8, 9], [9]))
    assert np.abs(after_other - alone).max() > 0.1
