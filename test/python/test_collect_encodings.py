from __future__ import annotations

from pathlib import Path

import pytest

from conftest import RunTool
from rwkv.tensor_encodings import read_encodings
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


def test_the_file_is_the_same_each_time_and_does_not_know_of_chunks(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    first = collect(run_tool, weights, tmp_path, "--tokens", "64").read_bytes()
    assert collect(run_tool, weights, tmp_path, "--tokens", "64").read_bytes() == first
    for name in (b"chunk", b"hidden", b"v_first", b"state"):
        assert name not in first


def test_every_linear_of_every_layer_has_its_ranges(
    run_tool: RunTool, weights: WeightFolder, tmp_path: Path
) -> None:
    ranges = read_encodings(collect(run_tool, weights, tmp_path, "--tokens", "32"))
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
    few = read_encodings(collect(run_tool, weights, tmp_path, "--tokens", "8"))
    many = read_encodings(collect(run_tool, weights, tmp_path, "--tokens", "64"))
    assert all(many[name].low <= found.low and found.high <= many[name].high for name, found in few.items())


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
        '{"format": 2}',
        '{"format": 1, "tensors": {"a": {"min": 1, "max": "x"}}}',
        '{"format": 1, "tensors": {"a": {"min": 2, "max": 1}}}',
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
