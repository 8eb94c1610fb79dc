from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from rwkv.aimet_format import read_encodings
from rwkv.calibrated_inputs import CalibratedInputs
from rwkv.observed_ranges import spread_maker
from rwkv.rwkv7_reference import Rwkv7Reference
from rwkv.tensor_encodings import Range
from rwkv.tool_failure import InputError
from rwkv.weight_folder import WeightFolder

TEXT = b"It is a truth universally acknowledged, that a single man in possession of a good fortune" * 2


def collect(run_tool: RunTool, weights: WeightFolder, folder: Path, *options: str) -> Path:
    (folder / "text.txt").write_bytes(TEXT)
    output = folder / "encodings.json"
    arguments = ["--weights", weights.path, "--text", folder / "text.txt", "--tokenizer", "byte", *options]
    done = run_tool("calibrate/collect_encodings.py", *arguments, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


def ranges_in(path: Path) -> dict[str, Range]:
    return {name: encoding.range for name, encoding in read_encodings(path).activations.items()}


def test_the_file_is_the_same_each_time_and_does_not_know_of_chunks(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    first = collect(run_tool, weights, tmp_path, "--tokens", "64").read_bytes()
    assert collect(run_tool, weights, tmp_path, "--tokens", "64").read_bytes() == first
    for name in (b"chunk", b"hidden_in", b"hidden_out", b"v_first_in", b"_wkv_in"):
        assert name not in first


def test_every_linear_of_every_layer_has_its_ranges(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    ranges = ranges_in(collect(run_tool, weights, tmp_path, "--tokens", "32"))
    for layer in range(3):
        for name in (
            "att.k.mixed",
            "att.key",
            "att.value",
            "att.output",
            "ffn.key",
            "ffn.k.squared",
            "ffn.value",
        ):
            found = ranges[f"blocks.{layer}.{name}"]
            assert found.low < found.high
    assert ranges["logits"].low < 0 < ranges["logits"].high
    assert "blocks.0.att.v.up" not in ranges and "blocks.1.att.v.up" in ranges


def test_more_text_never_narrows_a_range(run_tool: RunTool, weights: WeightFolder, tmp_path: Path) -> None:
    few = ranges_in(collect(run_tool, weights, tmp_path, "--tokens", "8"))
    many = ranges_in(collect(run_tool, weights, tmp_path, "--tokens", "64"))
    for name, found in few.items():
        step = (many[name].high - many[name].low) / 65535
        assert many[name].low <= found.low + step and found.high - step <= many[name].high


def test_too_short_a_text_is_refused(run_tool: RunTool, weights: WeightFolder, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(b"short")
    arguments = ["--weights", weights.path, "--text", tmp_path / "text.txt", "--tokenizer", "byte"]
    done = run_tool("calibrate/collect_encodings.py", *arguments, "--output", tmp_path / "e.json")
    assert done.returncode == 1
    assert "text.txt: has 5 tokens, 600 were asked for\nhint: " in done.stderr


def test_a_tokenizer_of_another_model_is_refused(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_bytes(TEXT)
    arguments = ["--weights", weights.path, "--text", tmp_path / "text.txt", "--tokenizer", "world"]
    done = run_tool("calibrate/collect_encodings.py", *arguments, "--output", tmp_path / "e.json")
    assert done.returncode == 1
    assert "the tokenizer world makes 65536 different tokens, the model knows 256" in done.stderr


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"version": "7.0.0"}',
        '{"version": "1.0.0", "activation_encodings": {}, "param_encodings": 3}',
        '{"version": "1.0.0", "param_encodings": [], "activation_encodings": [{"name": "a", "dtype": "INT", '
        '"enc_type": "PER_TENSOR", "bw": 16, "is_sym": false, "scale": [-1], "offset": [0]}]}',
        '{"version": "1.0.0", "param_encodings": [], "activation_encodings": [{"name": "a", "dtype": "INT", '
        '"enc_type": "PER_BLOCK", "bw": 16, "is_sym": false, "scale": [1], "offset": [0]}]}',
        '{"version": "0.6.1", "param_encodings": {}, "activation_encodings": {"a": [{"dtype": "int", '
        '"bitwidth": 64, "is_symmetric": "False", "scale": 1, "offset": 0, "min": 0, "max": 1}]}}',
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "encodings.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_encodings(path)
    assert caught.value.file == str(path)


def test_weights_behind_symbolic_links_are_calibrated_too(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    plain = collect(run_tool, weights, tmp_path, "--tokens", "16").read_bytes()
    linked = tmp_path / "linked"
    linked.mkdir()
    for file in weights.path.iterdir():
        (linked / file.name).symlink_to(file)
    assert collect(run_tool, WeightFolder(linked), tmp_path, "--tokens", "16").read_bytes() == plain
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encodings.json", "linked", "text.txt"]


@pytest.mark.parametrize("suffix", [".json", ".npy"])
def test_a_list_of_tokens_is_as_good_as_their_text(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path, suffix: str
) -> None:
    of_text = collect(run_tool, weights, tmp_path, "--tokens", "40").read_bytes()
    tokens = tmp_path / f"tokens{suffix}"
    if suffix == ".npy":
        np.save(tokens, np.frombuffer(TEXT, np.uint8))
    else:
        tokens.write_text(json.dumps(list(TEXT)))
    arguments = ["--weights", weights.path, "--text", tokens, "--tokens", "40"]
    done = run_tool("calibrate/collect_encodings.py", *arguments, "--output", tmp_path / "e.json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "e.json").read_bytes() == of_text


@pytest.mark.parametrize("content", ["{}", "[1.5]", "[[1]]", "[256]", "[-1]", "[", '["a"]'])
def test_a_list_that_holds_no_tokens_is_refused(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path, content: str
) -> None:
    (tmp_path / "tokens.json").write_text(content)
    arguments = ["--weights", weights.path, "--text", tmp_path / "tokens.json", "--tokens", "1"]
    done = run_tool("calibrate/collect_encodings.py", *arguments, "--output", tmp_path / "e.json")
    assert done.returncode == 1
    assert f"error: {tmp_path / 'tokens.json'}: " in done.stderr and "Traceback" not in done.stderr


def test_the_inputs_of_linears_are_those_that_the_reference_feeds_them(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    folder = collect(run_tool, weights, tmp_path, "--tokens", "400", "--inputs")
    inputs = CalibratedInputs(folder)
    fed = [0, *TEXT[:-1]]  # the text is shorter than what may be fed
    reference = Rwkv7Reference(weights)
    logits = np.stack([reference.forward(token) for token in fed])
    last = inputs.read("ln_out")
    assert last.shape == (len(fed), 32)
    assert np.allclose(last @ weights.read("head.weight").T, logits, atol=0.02)
    assert inputs.read("blocks.2.ffn.k.squared").shape == (len(fed), 128)


@pytest.mark.parametrize("method", ["percentile", "mse"])
def test_a_range_by_another_method_is_within_the_extremes(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path, method: str
) -> None:
    widest = ranges_in(collect(run_tool, weights, tmp_path, "--tokens", "64"))
    options = ["--tokens", "64", "--method", method, "--percentile", "99"]
    ranges = ranges_in(collect(run_tool, weights, tmp_path, *options))
    assert ranges.keys() == widest.keys()
    for name, found in ranges.items():
        width = widest[name].high - widest[name].low
        assert found.low >= widest[name].low - width / 4096
        assert found.high <= widest[name].high + width / 4096
    narrower = [name for name in ranges if ranges[name].high < 0.99 * widest[name].high]
    assert bool(narrower) == (method == "percentile")  # with 16 bits it never pays to clip


def test_a_percentile_leaves_out_as_much_as_it_says() -> None:
    spread = spread_maker("percentile", 99.0)()
    for values in np.linspace(-1, 1, 10_000, dtype=np.float32).reshape(10, -1):
        spread.add(values)
    spread.add(np.array([1000.0], np.float32))
    assert spread.range.low == pytest.approx(-0.98, abs=0.5)  # the bins are as wide as the outlier is far
    near = spread_maker("percentile", 99.0)()
    near.add(np.linspace(-1, 1, 10_000, dtype=np.float32))
    assert near.range.low == pytest.approx(-0.98, abs=2e-3)
    assert near.range.high == pytest.approx(0.98, abs=2e-3)
