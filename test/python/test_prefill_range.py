"""Blocks of tokens stay within fp16, and are as exact in it as steps, when states are forgotten at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from half_graph import round_tensors
from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_token
from rwkv.file_links import link_file
from rwkv.graph_form import GraphForm
from rwkv.layer_walk import open_session
from rwkv.number_formats import Float32Array
from rwkv.observed_ranges import Extremes
from rwkv.synthetic_checkpoint import ModelSizes
from rwkv.tensor_encodings import Range
from rwkv.weight_folder import WeightFolder
from synthetic_weights import Tensors, make_rwkv7
from version_models import make_tensors, reference_logits, write_weights

TOKENS = [0, *b"What a block holds of the tokens before it depends on the decays."][:64]
LAYERS = 3
LARGEST_HALF = 65504.0
REPLACED = ".blocks.found.all.exact"  # above its diagonal, by zeros
LEAST_EXPONENT = -80.0  # the HTP's Exp of fp16 is 0 there; of -100 it is -131008
# By version: the vector that decays come of, its value for one near the least, and for one near 1.
DECAYS = {"5.2": ("time_decay", 2.2, -6.0), "6": ("time_decay", 2.2, -6.0), "7": ("w0", 9.0, -6.0)}


def make_forgetful(version: str) -> Tensors:
    """A model most of whose channels forget almost all at each token, the others almost nothing."""
    random = np.random.default_rng(0)
    tensors = (
        make_rwkv7(LAYERS)
        if version == "7"
        else make_tensors(version, ModelSizes(layers=LAYERS, embd=32, head_size=16, vocab=256))
    )
    vector, forgotten, kept = DECAYS[version]
    for layer in range(LAYERS):
        name = f"blocks.{layer}.att.{vector}"
        values = np.where(random.random(tensors[name].shape) < 0.7, forgotten, kept)
        tensors[name] = values.astype(np.float32)
        if version == "6":
            tensors[f"blocks.{layer}.att.time_decay_w2"] *= 0.02  # the vector alone decides
    return tensors


@pytest.fixture(scope="module", params=sorted(DECAYS))
def weights(
    request: pytest.FixtureRequest, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory
) -> WeightFolder:
    folder = tmp_path_factory.mktemp("forgetful")
    return write_weights(make_forgetful(request.param), folder, run_tool)


@dataclass(frozen=True)
class RoundedRun:
    """What a graph computes when every tensor is rounded to fp16."""

    logits: dict[int, Float32Array]  # by the token after which they come
    ranges: dict[str, Range]
    exponents: list[str]  # the tensors that an Exp reads


def run_rounded(weights: WeightFolder, folder: Path, tokens: int) -> RoundedRun:
    """Read all tokens, so many at once."""
    folder.mkdir()
    graph = build_from_token(weights, ChunkSpan(1, 1, 0, LAYERS), GraphForm(tokens=tokens))
    for file in graph.files():
        link_file(weights.path / file, folder / file)
    model = graph.model()
    exponents = [node.input[0] for node in model.graph.node if node.op_type == "Exp"]
    seen = [*round_tensors(model), *exponents]
    session = open_session(model, seen, folder / "graph.onnx")
    names = [item.name for item in session.get_outputs()]
    states = {item.name: np.zeros(item.shape, np.float32) for item in session.get_inputs()}
    logits, spreads = {}, {name: Extremes() for name in seen}
    for first in range(0, len(TOKENS), tokens):
        states["token"] = np.array(TOKENS[first : first + tokens], np.int32)
        values = dict(zip(names, session.run(names, states), strict=True))
        # The HTP hands states out rounded, too.
        states = {
            name: values[name.removesuffix("_in") + "_out"].astype(np.float16).astype(np.float32)
            for name in states
            if name != "token"
        }
        logits[first + tokens - 1] = values["logits"][0]
        for name, spread in spreads.items():
            spread.add(values[name])
    return RoundedRun(logits, {name: spread.range for name, spread in spreads.items()}, exponents)


@pytest.mark.parametrize("tokens", [16, 32, 64])
def test_blocks_are_as_exact_in_fp16_as_steps(weights: WeightFolder, tmp_path: Path, tokens: int) -> None:
    expected = reference_logits(weights, TOKENS)
    steps = run_rounded(weights, tmp_path / "steps", 1)
    blocks = run_rounded(weights, tmp_path / "blocks", tokens)
    for name, found in blocks.ranges.items():
        if name.endswith(REPLACED):
            continue
        assert max(-found.low, found.high) < LARGEST_HALF, name
    for name in blocks.exponents:
        assert blocks.ranges[name].low > LEAST_EXPONENT, name
    of_steps, of_blocks = (
        max(float(np.abs(run.logits[at] - expected[at]).max()) for at in blocks.logits)
        for run in (steps, blocks)
    )
    assert 0 < of_steps < 0.05 and of_blocks < max(2 * of_steps, 0.02)
