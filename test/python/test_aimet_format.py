from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rwkv.aimet_format import read_encodings, write_encodings
from rwkv.tensor_encodings import Encodings, Range, TensorEncoding

SCALES = np.array([0.01, 0.02, 0.05], np.float32)
ENCODINGS = Encodings(
    {"logits": TensorEncoding.of_range(Range(-3.25, 9.5)), "emb": TensorEncoding.of_range(Range(0, 1))},
    {"head.weight": TensorEncoding.of_channels(SCALES, 4), "a.weight": TensorEncoding.of_channels(SCALES, 8)},
)
# The tables of AIMET's specification: the fields of an encoding and their types.
ENTRY_0_6_1 = {
    "bitwidth": int,
    "dtype": str,
    "is_symmetric": str,
    "max": float,
    "min": float,
    "offset": int,
    "scale": float,
}
ENTRY_1_0_0 = {
    "name": str,
    "enc_type": str,
    "dtype": str,
    "bw": int,
    "is_sym": bool,
    "scale": list,
    "offset": list,
}
ARGS_0_6_1 = {
    "activation_bitwidth": int,
    "dtype": str,
    "is_symmetric": str,
    "param_bitwidth": int,
    "per_channel_quantization": str,
    "quant_scheme": str,
}
ARGS_1_0_0 = ARGS_0_6_1 | {"is_symmetric": bool, "per_channel_quantization": bool}


def written(path: Path, version: str) -> dict[str, Any]:
    write_encodings(ENCODINGS, path / "encodings.json", version)
    content: dict[str, Any] = json.loads((path / "encodings.json").read_text())
    assert content["version"] == version
    return content


def has_types(entry: dict[str, Any], types: dict[str, type]) -> bool:
    return {key: type(value) for key, value in entry.items()} == types


def same(one: TensorEncoding, other: TensorEncoding) -> bool:
    return (
        (one.bits, one.symmetric) == (other.bits, other.symmetric)
        and np.array_equal(one.scales, other.scales)
        and np.array_equal(one.offsets, other.offsets)
    )


@pytest.mark.parametrize("version", ["0.6.1", "1.0.0"])
def test_what_is_written_is_read_back_to_the_last_bit(tmp_path: Path, version: str) -> None:
    written(tmp_path, version)
    read = read_encodings(tmp_path / "encodings.json")
    assert read.own
    for ours, theirs in ((ENCODINGS.activations, read.activations), (ENCODINGS.weights, read.weights)):
        assert ours.keys() == theirs.keys()
        assert all(same(ours[name], theirs[name]) for name in ours)


def test_0_6_1_has_the_fields_of_the_specification(tmp_path: Path) -> None:
    content = written(tmp_path, "0.6.1")
    for group in ("activation_encodings", "param_encodings"):
        for entries in content[group].values():
            for entry in entries:
                assert has_types(entry, ENTRY_0_6_1)
                assert entry["dtype"] == "int" and entry["is_symmetric"] in {"True", "False"}
                assert 4 <= entry["bitwidth"] <= 32
                span = entry["scale"] * (2 ** entry["bitwidth"] - 1)
                assert entry["min"] == pytest.approx(entry["scale"] * entry["offset"])
                assert entry["max"] - entry["min"] == pytest.approx(span)
    assert len(content["param_encodings"]["head.weight"]) == 3  # one a channel
    assert has_types(content["quantizer_args"], ARGS_0_6_1)


def test_1_0_0_has_the_fields_of_the_specification(tmp_path: Path) -> None:
    content = written(tmp_path, "1.0.0")
    for entry in (*content["activation_encodings"], *content["param_encodings"]):
        assert has_types(entry, ENTRY_1_0_0)
        assert entry["dtype"] == "INT" and 4 <= entry["bw"] <= 32
        one = entry["enc_type"] == "PER_TENSOR"
        assert one or entry["enc_type"] == "PER_CHANNEL"
        assert len(entry["scale"]) == len(entry["offset"]) == (1 if one else 3)
        assert all(type(offset) is int for offset in entry["offset"])
    assert has_types(content["quantizer_args"], ARGS_1_0_0)
    assert content["excluded_layers"] == []


@pytest.mark.parametrize("version", ["0.6.1", "1.0.0"])
def test_a_file_as_aimet_writes_it_is_read(tmp_path: Path, version: str) -> None:
    """The fields and figures of the specification's own examples; floats are left out."""
    old = {"bitwidth": 16, "dtype": "int", "is_symmetric": "False", "max": 2.6, "min": -2.1}
    weight = {"bitwidth": 8, "dtype": "int", "is_symmetric": "True", "max": 1.27, "min": -1.28}
    new = {"enc_type": "PER_TENSOR", "dtype": "INT", "bw": 16, "is_sym": False}
    contents: dict[str, dict[str, object]] = {
        "0.6.1": {
            "activation_encodings": {
                "x": [{**old, "offset": -29281, "scale": 7.172e-05}],
                "y": [{"dtype": "float", "bitwidth": 16}],
            },
            "param_encodings": {"w": [{**weight, "offset": -128, "scale": 0.01}] * 2},
        },
        "1.0.0": {
            "activation_encodings": [
                {**new, "name": "x", "offset": [-29281], "scale": [7.172e-05]},
                {"name": "y", "enc_type": "PER_TENSOR", "dtype": "FLOAT", "bw": 16, "is_sym": False},
            ],
            "param_encodings": [
                {
                    **new,
                    "name": "w",
                    "enc_type": "PER_CHANNEL",
                    "bw": 8,
                    "is_sym": True,
                    "offset": [-128.0, -128.0],
                    "scale": [0.01, 0.01],
                }
            ],
        },
    }
    (tmp_path / "e.json").write_text(json.dumps({"version": version, **contents[version]}))
    read = read_encodings(tmp_path / "e.json")
    assert not read.own
    assert read.activations.keys() == {"x"}
    assert read.activations["x"].range.low == pytest.approx(-2.1, rel=1e-3)
    assert read.activations["x"].range.high == pytest.approx(2.6, rel=1e-3)
    assert same(read.weights["w"], TensorEncoding.of_channels(np.array([0.01, 0.01], np.float32), 8))
