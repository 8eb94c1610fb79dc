from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from logit_divergence import mean_divergence
from quantised_model import A16W8, WITH_FLOATS, quantise
from rwkv.chunk_span import ChunkSpan
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_from_token
from rwkv.float_islands import float_nodes
from rwkv.graph_form import GraphForm
from rwkv.observed_ranges import observe_ranges
from rwkv.rwkv7_reference import Rwkv7Reference
from rwkv.tensor_encodings import Range, TensorEncoding
from rwkv.tool_failure import InputError
from rwkv.weight_folder import WeightFolder

TOKENS = [0, *b"Quantised linears beside float states keep what the model says about the next letter."]


@pytest.fixture(scope="module")
def quantised(weights: WeightFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole random model quantised; returns graph.onnx."""
    ranges = observe_ranges(weights, TOKENS, tmp_path_factory.mktemp("work"))
    return quantise(weights, WITH_FLOATS, ranges, tmp_path_factory.mktemp("quantised") / "graph")


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.5, 2.0), (-4.0, -1.0), (0.0, 0.0), (-1e-9, 0.0)])
def test_an_activation_range_covers_its_ends_and_zero(low: float, high: float) -> None:
    encoding = TensorEncoding.of_range(Range(low, high))
    scale = float(encoding.scales[0])
    covered = (np.array([0, 65535]) + float(encoding.offsets[0])) * scale
    assert covered[0] <= low + scale and covered[1] >= high - scale
    assert covered[0] <= 0 <= covered[1]


def test_only_linears_see_quantised_tensors(quantised: Path) -> None:
    nodes = onnx.load_model(quantised, load_external_data=False).graph.node
    dequantised = {node.output[0] for node in nodes if node.op_type == "DequantizeLinear"}
    for node in nodes:
        if node.op_type == "Gemm":
            assert set(node.input) <= dequantised
        if node.op_type in {"LayerNormalization", "LpNormalization", "Exp", "MatMul"}:
            assert not set(node.input) & dequantised


def test_the_quantised_weights_take_a_byte_each(quantised: Path, weights: WeightFolder) -> None:
    model = onnx.load_model(quantised, load_external_data=False)
    matrices = [tensor for tensor in model.graph.initializer if tensor.name.endswith(".s8")]
    assert {tensor.data_type for tensor in matrices} == {onnx.TensorProto.INT8}
    assert len(matrices) == 3 * 6 + 3 * 6 + 2 * 2 + 1
    floats = [tensor.name for tensor in model.graph.initializer if tensor.name.endswith("key.weight")]
    assert floats == []


def test_the_quantised_model_says_nearly_the_same(quantised: Path, weights: WeightFolder) -> None:
    reference, chain = Rwkv7Reference(weights), CpuChain([quantised])
    expected = np.stack([reference.forward(token) for token in TOKENS])
    logits = np.stack([chain.logits({"token": np.array([token], np.int32)}) for token in TOKENS])
    assert mean_divergence(expected, logits) < 5e-3


def test_a_missing_range_is_named(weights: WeightFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"encodings.json: has no range for blocks.0.att.r.mixed"):
        quantise(weights, WITH_FLOATS, {}, tmp_path / "graph")


def test_a_prefill_keeps_just_what_only_blocks_of_tokens_compute_float(weights: WeightFolder) -> None:
    model = build_from_token(weights, ChunkSpan(1, 1, 0, 3), GraphForm(tokens=32)).model()
    names = [node.name for node in model.graph.node]
    of_blocks = {name for name in names if ".att.blocks." in name or name.endswith("wkv_out")}
    assert len(of_blocks) > 3 * 50
    assert float_nodes(model, A16W8) == of_blocks
    assert float_nodes(build_from_token(weights, ChunkSpan(1, 1, 0, 3)).model(), A16W8) == set()
