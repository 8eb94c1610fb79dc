from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from logit_divergence import mean_divergence
from quantised_model import A16W8, quantise
from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_embedding, build_from_token
from rwkv.graph_form import GraphForm
from rwkv.observed_ranges import observe_ranges
from rwkv.rwkv7_reference import Rwkv7Reference
from rwkv.tensor_encodings import Range, encoding_key
from rwkv.tool_failure import InputError
from rwkv.weight_folder import WeightFolder

TOKENS = [0, *b"Quantised linears, states and norms keep what the model says about the next letter."]
SPANS = {"whole": ChunkSpan(1, 1, 0, 3), "first": ChunkSpan(1, 2, 0, 2), "last": ChunkSpan(2, 2, 2, 3)}
QDQ = {"QuantizeLinear", "DequantizeLinear"}


@pytest.fixture(scope="module")
def ranges(weights: WeightFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Range]:
    return observe_ranges(weights, TOKENS, tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def graphs(
    weights: WeightFolder, ranges: dict[str, Range], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The random model quantised: whole, in two chunks, and the first with the embedding outside."""
    models = {name: build_from_token(weights, span).model() for name, span in SPANS.items()}
    models["embedding"] = build_from_embedding(weights, SPANS["first"]).model()
    paths = {}
    for name, model in models.items():
        folder = tmp_path_factory.mktemp("quantised") / name
        paths[name] = quantise(weights, A16W8, ranges, folder, model)
    return paths


def load(path: Path) -> onnx.GraphProto:
    return onnx.load_model(path, load_external_data=False).graph


def encoding(graph: onnx.GraphProto, tensor: str) -> tuple[float, int]:
    """(scale, zero point) at the QuantizeLinear or DequantizeLinear of a tensor of codes."""
    constants = {item.name: item for item in graph.initializer}
    codes = {node.output[0]: node for node in graph.node if node.op_type == "QuantizeLinear"}
    codes |= {node.input[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    scale, zero_point = (numpy_helper.to_array(constants[name]) for name in codes[tensor].input[1:])
    return float(scale), int(zero_point)


class QuantisedChain:
    """Feeds tokens to one graph of codes and carries its states as codes."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        self.graph = load(path)
        self.session = onnxruntime.InferenceSession(path, options)
        self.states: dict[str, NDArray[np.uint16]] = {
            item.name: np.full(item.shape, encoding(self.graph, item.name)[1], np.uint16)
            for item in self.session.get_inputs()
            if item.name != "token"
        }

    def logits(self, token: int) -> NDArray[np.float32]:
        names = [item.name for item in self.session.get_outputs()]
        values = self.session.run(names, {"token": np.array([token], np.int32), **self.states})
        outputs = dict(zip(names, values, strict=True))
        self.states = {name: outputs[name.removesuffix("_in") + "_out"] for name in self.states}
        scale, zero_point = encoding(self.graph, "logits")
        codes: NDArray[np.float32] = outputs["logits"][0].astype(np.float32)
        return (codes - np.float32(zero_point)) * np.float32(scale)


@pytest.mark.parametrize("name", ["whole", "first", "last", "embedding"])
def test_every_node_stands_between_quantised_tensors(graphs: dict[str, Path], name: str) -> None:
    graph = load(graphs[name])
    types = {item.name: item.data_type for item in graph.initializer}
    types |= {item.name: item.type.tensor_type.elem_type for item in graph.input}
    dequantised = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    integers = {tensor for tensor, element in types.items() if element != TensorProto.FLOAT}
    for node in graph.node:
        if node.op_type in QDQ:
            continue
        assert set(node.input) <= dequantised | integers, node.name
        readers = [reader for reader in graph.node if node.output[0] in reader.input]
        assert [reader.op_type for reader in readers] == ["QuantizeLinear"], node.name


@pytest.mark.parametrize("name", ["whole", "first", "last", "embedding"])
def test_all_that_goes_in_or_out_is_u16_but_the_token(graphs: dict[str, Path], name: str) -> None:
    graph = load(graphs[name])
    ends = {
        item.name: item.type.tensor_type.elem_type
        for item in (*graph.input, *graph.output)
        if item.name != "token"
    }
    assert len(ends) >= 7 and set(ends.values()) == {TensorProto.UINT16}


def test_what_is_stored_as_floats_are_scales(graphs: dict[str, Path]) -> None:
    for tensor in load(graphs["whole"]).initializer:
        assert tensor.data_type != TensorProto.FLOAT or tensor.name.endswith((".scale", ".scales"))


def test_both_ends_of_a_state_have_one_encoding(graphs: dict[str, Path]) -> None:
    graph = load(graphs["whole"])
    states = [item.name.removesuffix("_in") for item in graph.input if item.name != "token"]
    assert len(states) == 9
    for state in states:
        assert encoding(graph, f"{state}_in") == encoding(graph, f"{state}_out")


def test_what_a_chunk_hands_on_keeps_its_encoding(graphs: dict[str, Path]) -> None:
    first, last = load(graphs["first"]), load(graphs["last"])
    for name in ("hidden", "v_first"):
        assert encoding(first, f"{name}_out") == encoding(last, f"{name}_in")


def test_an_embedding_outside_of_the_graph_may_be_any_row(
    graphs: dict[str, Path], weights: WeightFolder
) -> None:
    scale, zero_point = encoding(load(graphs["embedding"]), "embedding")
    table = weights.read("emb.weight")
    assert -zero_point * scale <= table.min() and (65535 - zero_point) * scale >= table.max()


def test_the_logistic_functions_have_the_encodings_of_the_hardware(graphs: dict[str, Path]) -> None:
    graph = load(graphs["whole"])
    codes = {node.input[0]: node.output[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    expected = {"Sigmoid": (2**-16, 0), "Tanh": (2**-15, 32768)}
    for node in graph.node:
        if node.op_type in expected:
            assert encoding(graph, codes[node.output[0]]) == expected[node.op_type]


def test_norms_have_one_scale_a_tensor(graphs: dict[str, Path]) -> None:
    graph = load(graphs["whole"])
    shapes = {item.name: list(item.dims) for item in graph.initializer}
    types = {item.name: item.data_type for item in graph.initializer}
    sources = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    norms = [node for node in graph.node if node.op_type == "LayerNormalization"]
    assert sorted(len(node.input) for node in norms) == [2] * 3 + [3] * 7  # a group norm's bias is zero
    for node in norms:
        assert all(shapes[sources[name].input[1]] == [] for name in node.input)
        parameters = [types[sources[name].input[0]] for name in node.input[1:]]
        assert parameters == [TensorProto.UINT8, TensorProto.INT32][: len(parameters)]


def test_a_product_with_the_identity_writes_the_codes_that_it_reads(
    weights: WeightFolder, ranges: dict[str, Range], tmp_path: Path
) -> None:
    model = build_from_token(weights, SPANS["whole"], GraphForm(tokens=32)).model()
    path = quantise(weights, A16W8, ranges, tmp_path / "graph", model)
    loaded = onnx.load_model(path, load_external_data=False)
    pairs = [
        (f"blocks.1.att.{read}.code", f"blocks.1.att.{read.partition('.')[0]}.settled.code")
        for read in ("wkv.turned", "exponent.taken")
    ]
    for name in (name for pair in pairs for name in pair):
        loaded.graph.output.append(helper.make_empty_tensor_value_info(name))
    path.write_bytes(loaded.SerializeToString())
    session = onnxruntime.InferenceSession(path)
    random = np.random.default_rng(0)
    given = {item.name: random.integers(0, 2**16, item.shape, np.uint16) for item in session.get_inputs()[1:]}
    token = {"token": np.arange(32, dtype=np.int32)}
    for read, written in pairs:
        before, after = session.run([read, written], {**token, **given})
        assert len(np.unique(before)) > 100, read
        np.testing.assert_array_equal(after, before)
    (identity,) = (
        item
        for item in loaded.graph.initializer
        if item.name.startswith("identity_") and item.name.endswith(".s8")
    )
    # The HTP keeps 8 bits of a constant in u16, and loses 8 bits of what is multiplied with a code of 1.
    codes = np.frombuffer((tmp_path / "graph" / "quantised.bin").read_bytes(), np.int8)
    place = {item.key: item.value for item in identity.external_data}
    first = int(place["offset"])
    assert identity.data_type == TensorProto.INT8
    assert codes[first : first + int(place["length"])].max() == 127


def test_the_quantised_model_says_nearly_the_same(graphs: dict[str, Path], weights: WeightFolder) -> None:
    reference, chain = Rwkv7Reference(weights), QuantisedChain(graphs["whole"])
    expected = np.stack([reference.forward(token) for token in TOKENS])
    logits = np.stack([chain.logits(token) for token in TOKENS])
    assert mean_divergence(expected, logits) < 5e-3


def test_a_missing_range_is_named(weights: WeightFolder, ranges: dict[str, Range], tmp_path: Path) -> None:
    without = {key: found for key, found in ranges.items() if key != "state1_wkv_out"}
    with pytest.raises(InputError, match=r"encodings.json: has no range for state1_wkv_out"):
        quantise(weights, A16W8, without, tmp_path / "graph")


@pytest.mark.parametrize(
    ("tensor", "key"),
    [
        ("state4_wkv_in", "state4_wkv_out"),
        ("state4_att_shift_out", "state4_att_shift_out"),
        ("hidden_in", "blocks.3.hidden"),
        ("hidden_out", "blocks.5.hidden"),
        ("v_first_in", "v_first"),
        ("embedding", "emb"),
        ("blocks.4.att.key", "blocks.4.att.key"),
    ],
)
def test_the_ends_of_a_chunk_have_keys_that_know_no_chunks(tensor: str, key: str) -> None:
    assert encoding_key(tensor, 4, 6) == key
