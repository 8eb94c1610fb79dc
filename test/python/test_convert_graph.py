from __future__ import annotations

import json
import time
from pathlib import Path

import onnx
import pytest
from onnx import helper

from conftest import RunTool
from quantised_model import A16W8, ISLANDS, WITH_FLOATS, encodings_of, write_parts
from rwkv.aimet_format import read_encodings, write_encodings
from rwkv.dlc_container import neutral_metadata
from rwkv.observed_ranges import observe_ranges
from rwkv.recipe_rules import Recipe
from rwkv.weight_folder import WeightFolder

CONVERT = "qnn-convert/convert_graph.py"
RECIPES = {
    "fp16": Recipe("fp16", {}, ["*"], {}, 1.0),
    "with-floats": WITH_FLOATS,
    "a16w8": A16W8,
    "a16w4": Recipe("a16w4", {"*": "w4", "low-rank": "w8"}, ISLANDS, {"w4": "mse"}, 1.0),
}


@pytest.fixture(scope="module")
def graph(weights: WeightFolder, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph") / "chunk1of2"
    arguments = ["--weights", weights.path, "--chunk", "1", "--chunks", "2", "--output", folder]
    assert run_tool("export-onnx/write_graph.py", *arguments).returncode == 0
    return folder


@pytest.fixture(scope="module")
def encodings(weights: WeightFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encodings") / "encodings.json"
    ranges = observe_ranges(weights, list(b"some text to calibrate with"), tmp_path_factory.mktemp("work"))
    write_encodings(encodings_of(ranges), path)
    return path


def recipe_text(recipe: Recipe) -> str:
    fields = {"weights": recipe.weights, "float": recipe.floats, "methods": recipe.methods}
    return json.dumps({**fields, "headroom": recipe.headroom})


def chosen(recipe: Recipe, weights: WeightFolder, folder: Path) -> list[str | Path]:
    """The arguments for a recipe; the weights' parts are written to `folder`."""
    folder.mkdir()
    write_parts(weights, recipe, folder)
    return ["--recipe", recipe_text(recipe), "--weights", folder]


@pytest.fixture(scope="module")
def fp16(weights: WeightFolder, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    return chosen(RECIPES["fp16"], weights, tmp_path_factory.mktemp("fp16") / "quantised")


@pytest.mark.parametrize("precision", ["fp16", "with-floats", "a16w8", "a16w4"])
def test_a_dlc_is_the_same_wherever_and_whenever_it_is_made(
    graph: Path,
    weights: WeightFolder,
    encodings: Path,
    run_tool: RunTool,
    tmp_path: Path,
    precision: str,
) -> None:
    options = [*chosen(RECIPES[precision], weights, tmp_path / "quantised"), "--encodings", encodings]
    linked = tmp_path / "linked"  # as a store lays inputs out: symbolic links to files of other names
    linked.mkdir()
    for index, file in enumerate(sorted(graph.iterdir())):
        (tmp_path / f"digest{index}").write_bytes(file.read_bytes())
        (linked / file.name).symlink_to(tmp_path / f"digest{index}")
    dlcs = []
    for folder, output in ((graph, tmp_path / "a.dlc"), (linked, tmp_path / "a-longer-name.dlc")):
        done = run_tool(CONVERT, "--graph", folder, *options, "--output", output)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert "onnxruntime" not in done.stderr  # no native chatter
        dlcs.append(output.read_bytes())
        time.sleep(1.1)  # the DLC's times have seconds
    assert dlcs[0] == dlcs[1]
    assert b"rwkv_decode" in dlcs[0] and b"QNN_QNN" not in dlcs[0]
    assert str(tmp_path).encode() not in dlcs[0] and time.strftime("%Y-%m-%d").encode() not in dlcs[0]
    for name in (b"token", b"state0_wkv_in", b"state0_att_shift_out", b"hidden_out", b"v_first_out"):
        assert name in dlcs[0]
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".dlc") == (
        [f"digest{index}" for index in range(len(list(graph.iterdir())))] + ["linked", "quantised"]
    )


def test_metadata_keep_their_length_and_stay_json() -> None:
    text = b'{"t": "2026-02-03 04:05:06 UTC", "model": "QNN_QNN_123_1_0.so"}'
    changed = neutral_metadata(text, b"QNN_QNN_123_1_0", b"rwkv")
    assert changed == b'{"t": "1980-01-01 00:00:00 UTC", "model": "rwkv.so"           }'


def test_a_quantised_precision_without_encodings_is_a_usage_error(
    graph: Path, weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    options = chosen(WITH_FLOATS, weights, tmp_path / "quantised")
    done = run_tool(CONVERT, "--graph", graph, *options, "--output", tmp_path / "a.dlc")
    assert done.returncode == 2
    assert "a recipe that quantises needs --encodings" in done.stderr


def test_the_encodings_in_a_dlc_are_written_by_the_names_of_the_graph(
    graph: Path, weights: WeightFolder, encodings: Path, run_tool: RunTool, tmp_path: Path
) -> None:
    options = [*chosen(RECIPES["a16w4"], weights, tmp_path / "quantised"), "--encodings", encodings]
    used = tmp_path / "used.json"
    outputs = ["--output", tmp_path / "a.dlc", "--used", used, "--used-version", "0.6.1"]
    done = run_tool(CONVERT, "--graph", graph, *options, *outputs)
    assert done.returncode == 0, done.stderr
    assert json.loads(used.read_text())["version"] == "0.6.1"
    found = read_encodings(used)
    model = onnx.load_model(graph / "graph.onnx", load_external_data=False).graph
    tensors = {name for node in model.node for name in (*node.input, *node.output)}
    assert found.activations.keys() <= tensors and found.weights.keys() <= tensors
    linears = [node for node in model.node if node.op_type == "Gemm"]
    assert {node.input[1] for node in linears} == found.weights.keys()
    assert {node.input[0] for node in linears} <= found.activations.keys()
    bits = {name: encoding.bits for name, encoding in found.weights.items()}
    assert bits["blocks.0.ffn.key.weight"] == 4 and bits["blocks.0.att.w1"] == 8


def test_missing_weights_are_named(
    graph: Path, fp16: list[str | Path], run_tool: RunTool, tmp_path: Path
) -> None:
    (tmp_path / "graph.onnx").write_bytes((graph / "graph.onnx").read_bytes())
    done = run_tool(CONVERT, "--graph", tmp_path, *fp16, "--output", tmp_path / "a.dlc")
    assert done.returncode == 1
    assert (
        f"{tmp_path / 'graph.onnx'}: its weights block-00.safetensors are not beside it\nhint: "
        in done.stderr
    )


def test_a_node_that_qnn_cannot_take_is_an_error_with_the_librarys_own_words(
    fp16: list[str | Path], run_tool: RunTool, tmp_path: Path
) -> None:
    matrix = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 2, 2]) for name in ("x", "y")]
    node = helper.make_node("Unique", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph([helper.make_node("Erf", ["x"], ["e"]), node], "g", matrix[:1], matrix[1:]),
        opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10,
    )
    (tmp_path / "graph.onnx").write_bytes(model.SerializeToString())
    done = run_tool(CONVERT, "--graph", tmp_path, *fp16, "--output", tmp_path / "a.dlc")
    assert done.returncode == 1
    assert f"error: {tmp_path / 'graph.onnx'}: the QNN execution provider cannot convert it: " in done.stderr
    assert done.stderr.endswith("hint: its messages above tell which node it cannot take\n")
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.onnx"]


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_damaged_graph_is_refused(
    fp16: list[str | Path], run_tool: RunTool, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "graph.onnx").write_bytes(content)
    done = run_tool(CONVERT, "--graph", tmp_path, *fp16, "--output", tmp_path / "a.dlc")
    assert done.returncode == 1
    assert f"error: {tmp_path / 'graph.onnx'}: not an ONNX model\nhint: " in done.stderr
    assert "Traceback" not in done.stderr
