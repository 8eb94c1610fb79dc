"""Recipes hold for the graphs of every RWKV version: groups go by what nodes compute, not by names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from logit_divergence import mean_divergence
from quantised_model import A16W8, ISLANDS, WITH_FLOATS, quantise
from rwkv.chunk_span import ChunkSpan
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_from_token
from rwkv.float_islands import node_groups
from rwkv.graph_form import GraphForm
from rwkv.observed_ranges import observe_ranges
from rwkv.recipe_rules import Recipe
from rwkv.synthetic_checkpoint import ModelSizes
from version_models import VERSIONS, chain_logits, make_tensors, reference_logits, write_weights

TOKENS = [0, *b"Every version, every precision."]
SIZES = ModelSizes(layers=2, embd=32, head_size=16, vocab=256)
MIXED = Recipe("mixed", {"*": "w8", "ffn": "w4"}, ISLANDS, {"w4": "mse"}, 1.0)
MOST_INTEGERS = Recipe("most", {"*": "w8"}, ["io", "embedding", "wkv", "norm", "decay"], {}, 1.5)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_quantised_model_says_nearly_what_the_reference_says(
    version: str, run_tool: RunTool, tmp_path: Path
) -> None:
    weights = write_weights(make_tensors(version, SIZES), tmp_path, run_tool)
    (tmp_path / "work").mkdir()
    ranges = observe_ranges(weights, TOKENS, tmp_path / "work")
    expected = reference_logits(weights, TOKENS)
    whole = ChunkSpan(1, 1, 0, SIZES.layers)
    for recipe, bound in ((WITH_FLOATS, 1e-3), (MOST_INTEGERS, 1e-3), (MIXED, 2e-2)):
        model = build_from_token(weights, whole).model()
        graph = quantise(weights, recipe, ranges, tmp_path / recipe.name, model)
        divergence = mean_divergence(expected, chain_logits([graph], TOKENS))
        assert 0 < divergence < bound, recipe.name
    groups = node_groups(build_from_token(weights, whole).model())
    residual = [name for name, group in groups.items() if group == "residual"]
    assert len(residual) == 2 * SIZES.layers  # what each half of a layer adds
    assert {"linear", "norm", "wkv", "elementwise"} <= set(groups.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_quantised_graph_for_several_sequences_says_to_each_what_the_one_for_one_says(
    version: str, run_tool: RunTool, tmp_path: Path
) -> None:
    weights = write_weights(make_tensors(version, SIZES), tmp_path, run_tool)
    (tmp_path / "work").mkdir()
    ranges = observe_ranges(weights, TOKENS, tmp_path / "work")
    texts = np.array([TOKENS[:8], TOKENS[8:16], TOKENS[16:24]], np.int32)
    whole = ChunkSpan(1, 1, 0, SIZES.layers)
    for recipe in (A16W8, WITH_FLOATS):
        graphs = {}
        for sequences in (1, len(texts)):
            model = build_from_token(weights, whole, GraphForm(sequences=sequences)).model()
            folder = tmp_path / f"{recipe.name}-{sequences}"
            graphs[sequences] = quantise(weights, recipe, ranges, folder, model)
        together = CpuChain([graphs[len(texts)]])
        found = np.stack([together.feed({"token": column})["logits"] for column in texts.T], 1)
        for text, logits in zip(texts, found, strict=True):
            alone = CpuChain([graphs[1]])
            expected = np.stack([alone.logits({"token": token[None]}) for token in text])
            assert mean_divergence(expected, logits) < 1e-5, recipe.name


@pytest.mark.parametrize("version", VERSIONS)
def test_a_model_without_floats_can_be_written_for_every_version(
    version: str, run_tool: RunTool, tmp_path: Path
) -> None:
    weights = write_weights(make_tensors(version, SIZES), tmp_path, run_tool)
    (tmp_path / "work").mkdir()
    ranges = observe_ranges(weights, TOKENS, tmp_path / "work")
    model = build_from_token(weights, ChunkSpan(1, 1, 0, SIZES.layers)).model()
    path = quantise(weights, A16W8, ranges, tmp_path / "int", model)
    assert np.fromfile(path, np.uint8).size > 0
