from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from quantised_model import ISLANDS, write_parts
from rwkv.external_tensors import external_tensor
from rwkv.number_formats import Float32Array
from rwkv.optimal_rounding import curvature, optimal_codes
from rwkv.part_writer import PartWriter
from rwkv.recipe_rules import Recipe
from rwkv.tensor_encodings import Encodings, TensorEncoding
from rwkv.tool_failure import InputError
from rwkv.weight_codes import Codes, nearest_codes, range_scales, searched_scales
from rwkv.weight_folder import WeightFolder
from rwkv.weight_part import WeightParts

RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.standard_normal((64, 48)).astype(np.float32)
# Inputs of which a few directions are strong, as those of trained models.
INPUTS = (RANDOM.standard_normal((500, 12)) @ RANDOM.standard_normal((12, 48))).astype(np.float32)
INPUTS += 0.1 * RANDOM.standard_normal((500, 48)).astype(np.float32)


def values(codes: Codes) -> Float32Array:
    return codes.values * codes.scales[:, None]


def output_error(codes: Codes) -> float:
    return float(np.square(INPUTS @ (values(codes) - WEIGHT).T).mean())


@pytest.mark.parametrize("bits", [8, 4])
def test_a_weight_is_off_by_half_a_step_at_most(bits: int) -> None:
    weight = WEIGHT.copy()
    weight[3] = 0
    codes = nearest_codes(weight, range_scales(weight, bits), bits)
    largest = 2 ** (bits - 1) - 1
    assert codes.values.dtype == np.int8 and codes.values.min() >= -largest
    assert np.all(np.abs(values(codes) - weight) <= codes.scales[:, None] * 0.5001)
    assert np.all(np.abs(codes.values).max(1)[np.arange(64) != 3] == largest)


def test_searched_scales_lessen_the_square_error_of_4_bits_in_every_row() -> None:
    widest = nearest_codes(WEIGHT, range_scales(WEIGHT, 4), 4)
    searched = nearest_codes(WEIGHT, searched_scales(WEIGHT, 4), 4)
    before, after = (np.square(values(codes) - WEIGHT).sum(1) for codes in (widest, searched))
    assert np.all(after <= before) and after.sum() < 0.9 * before.sum()


def test_gptq_lessens_what_the_linear_gets_wrong_by_more_than_half() -> None:
    searched = nearest_codes(WEIGHT, searched_scales(WEIGHT, 4), 4)
    optimal = optimal_codes(WEIGHT, 4, curvature(INPUTS))
    assert optimal.values.min() >= -8 and optimal.values.max() <= 7
    assert output_error(optimal) < 0.5 * output_error(searched)


def test_gptq_takes_inputs_that_are_few_or_never_there() -> None:
    inputs = INPUTS[:5].copy()
    inputs[:, 7] = 0
    codes = optimal_codes(WEIGHT, 4, curvature(inputs))
    assert np.isfinite(codes.scales).all() and (codes.scales > 0).all()


def test_4_bit_codes_are_read_by_onnx_as_they_were_written(weights: WeightFolder, tmp_path: Path) -> None:
    parts = write_parts(weights, Recipe("w4", {"*": "w4"}, ISLANDS, {}, 1.0), tmp_path)
    name = "blocks.1.ffn.key.weight"
    stored = parts.find(name)
    assert stored is not None and stored.element == TensorProto.INT4
    rows, columns = stored.shape
    scales = onnx.numpy_helper.from_array(stored.scales, "scales")
    graph = helper.make_graph(
        [helper.make_node("DequantizeLinear", ["codes", "scales"], ["y"], axis=0)],
        "g",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, columns])],
        [external_tensor("codes", stored.element, stored.shape, stored.part), scales],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (tmp_path / "graph.onnx").write_bytes(model.SerializeToString())
    (read,) = onnxruntime.InferenceSession(tmp_path / "graph.onnx").run(None, {})
    weight = weights.read(name)
    assert np.array_equal(read, values(nearest_codes(weight, range_scales(weight, 4), 4)))


def test_a_weight_with_encodings_of_the_users_has_their_bits_and_scales(
    weights: WeightFolder, tmp_path: Path
) -> None:
    name = "blocks.0.att.key.weight"
    scales = np.linspace(0.01, 0.02, weights.locate(name).shape[0], dtype=np.float32)
    given = Encodings({}, {name: TensorEncoding.of_channels(scales, 4)}, own=False)
    recipe = Recipe("w8", {"*": "w8"}, ISLANDS, {}, 1.0)
    parts = write_parts(weights, recipe, tmp_path, PartWriter(weights, None, given))
    stored, other = parts.find(name), parts.find("blocks.0.att.value.weight")
    assert stored is not None and stored.bits == 4 and np.array_equal(stored.scales, scales)
    assert other is not None and other.bits == 8


def test_scales_that_do_not_fit_a_weight_are_refused(weights: WeightFolder, tmp_path: Path) -> None:
    three = TensorEncoding.of_channels(np.ones(3, np.float32), 8)
    given = Encodings({}, {"head.weight": three}, own=False)
    writer = PartWriter(weights, None, given, Path("mine.json"))
    with pytest.raises(InputError, match=r"mine.json: head.weight has 3 scales"):
        write_parts(weights, Recipe("w8", {"*": "w8"}, ISLANDS, {}, 1.0), tmp_path, writer)


@pytest.mark.parametrize("floats", [ISLANDS, []])
def test_a_part_is_the_same_bytes_each_time_in_pieces_of_any_size(
    weights: WeightFolder, tmp_path: Path, floats: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe("mixed", {"*": "w8", "ffn": "w4"}, floats, {"w4": "mse"}, 1.0)
    contents = []
    for folder, values in ((tmp_path / "a", 1 << 20), (tmp_path / "b", 100)):
        folder.mkdir()
        monkeypatch.setattr("rwkv.part_writer.VALUES_AT_ONCE", values)
        parts: WeightParts = write_parts(weights, recipe, folder)
        contents.append([path.read_bytes() for path in parts.files])
    assert contents[0] == contents[1]
