"""Models with values too large for fp16 come out right all the same, because the graph divides them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from rwkv.arch_registry import reference_of
from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_token
from rwkv.file_links import link_file
from rwkv.half_range import stream_divisor
from rwkv.layer_walk import open_session
from rwkv.number_formats import Float32Array
from rwkv.observed_ranges import computed_tensors
from rwkv.reference_parts import ReferenceModel
from rwkv.weight_folder import WeightFolder
from synthetic_weights import Tensors
from version_models import SIZES, make_tensors, write_weights

VERSIONS = ("5.2", "6")
TOKENS = [0, *b"Large numbers, token by token."]
LARGEST_HALF = 65504.0
# The reference itself is 5e-4 off when such weights are computed in fp32 instead of fp64; logits reach ±10.
TOLERANCE = 3e-3


def make_large_tensors(version: str) -> Tensors:
    """Keys and values whose products, and residual streams that, exceed fp16's range."""
    tensors = make_tensors(version)
    for layer in range(SIZES.layers):
        tensors[f"blocks.{layer}.att.key.weight"] *= 60
        tensors[f"blocks.{layer}.att.value.weight"] *= 60
        tensors[f"blocks.{layer}.att.output.weight"] *= 12000
    return tensors


class WatchedModel:
    """The reference, with the largest values of its residual stream and of its states."""

    def __init__(self, reference: ReferenceModel) -> None:
        self.reference = reference
        self.largest_stream = self.largest_state = 0.0
        self._layer_norm = reference.layer_norm
        reference.layer_norm = self.watched_norm  # type: ignore[method-assign]

    def watched_norm(self, x: Float32Array, name: str) -> Float32Array:
        self.largest_stream = max(self.largest_stream, float(np.abs(x).max()))
        normal: Float32Array = self._layer_norm(x, name)
        return normal

    def forward(self, token: int) -> Float32Array:
        logits: Float32Array = self.reference.forward(token)  # type: ignore[attr-defined]
        states = [float(np.abs(state.wkv).max()) for state in self.reference.state]
        self.largest_state = max(self.largest_state, *states)
        return logits


@pytest.fixture(scope="module", params=VERSIONS)
def weights(
    request: pytest.FixtureRequest, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory
) -> WeightFolder:
    folder = tmp_path_factory.mktemp(f"large{request.param}")
    return write_weights(make_large_tensors(request.param), folder, run_tool)


def test_the_graph_stays_within_fp16_where_the_model_itself_does_not(
    weights: WeightFolder, tmp_path: Path
) -> None:
    graph = build_from_token(weights, ChunkSpan(1, 1, 0, SIZES.layers))
    for file in graph.files():
        link_file(weights.path / file, tmp_path / file)
    model = graph.model()
    names = computed_tensors(model)
    session = open_session(model, names, tmp_path / "graph.onnx")
    states = {item.name: np.zeros(item.shape, np.float32) for item in session.get_inputs()}
    watched = WatchedModel(reference_of(weights))  # type: ignore[arg-type]
    largest: dict[str, float] = {}
    for token in TOKENS:
        states["token"] = np.array([token], np.int32)
        values = dict(zip(names, session.run(names, states), strict=True))
        states = {name: values[name.removesuffix("_in") + "_out"] for name in states if name != "token"}
        for name, value in values.items():
            largest[name] = max(largest.get(name, 0), float(np.abs(value).max()))
        np.testing.assert_allclose(values["logits"][0], watched.forward(token), rtol=0, atol=TOLERANCE)
    assert watched.largest_state > LARGEST_HALF and watched.largest_stream > LARGEST_HALF
    name = max(largest, key=lambda name: largest[name])
    assert largest[name] < LARGEST_HALF, name


def test_divided_weights_are_the_checkpoints_when_multiplied_again(weights: WeightFolder) -> None:
    tensors = make_large_tensors({"rwkv5": "5.2", "rwkv6": "6"}[weights.config.arch])
    for layer in (0, 7, 12):
        stream = stream_divisor(weights.config, layer)
        assert stream == 2 ** (layer // 6)
        for name, divisor in {
            "att.key": 2,
            "att.value": 4,
            "att.output": stream,
            "ffn.value": stream,
            "ffn.key": 1,
        }.items():
            stored = weights.read(f"blocks.{layer}.{name}.weight")
            np.testing.assert_array_equal(
                stored * np.float32(divisor), tensors[f"blocks.{layer}.{name}.weight"]
            )
