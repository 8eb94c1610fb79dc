from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from conftest import RunTool, ToolRun
from rwkv.graph_probe import add_probes, layer_end, probed_outputs
from rwkv.weight_folder import WeightFolder
from version_models import make_tensors, write_graphs, write_weights

TEXT = "Each stage says what it thinks of this text."
DAMAGED = 8  # past the layer at which the residual stream is halved


@dataclass(frozen=True)
class Model:
    """A random RWKV-6 of 13 layers in two chunks, and what the reference says of a text."""

    weights: WeightFolder
    graphs: list[Path]
    text: Path
    reference: list[str | Path]


@pytest.fixture(scope="module")
def model(run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model")
    weights = write_weights(make_tensors("6"), folder, run_tool)
    graphs = [path.parent for path in write_graphs(weights, folder / "graphs", 2)]
    text, logits, stream = folder / "text.txt", folder / "reference.f32", folder / "stream.f32"
    text.write_text(TEXT)
    arguments = ["--weights", weights.path, "--text", text, "--tokens", str(len(TEXT))]
    outputs = ["--output", logits, "--stream", stream]
    done = run_tool("reference-logits/reference_logits.py", *arguments, *outputs)
    assert done.returncode == 0, done.stderr
    return Model(weights, graphs, text, ["--reference", logits, "--stream", stream])


def on_cpu(model: Model, graphs: list[Path], probe: str, output: Path, run_tool: RunTool) -> Path:
    arguments = ["--weights", model.weights.path, "--text", model.text, "--tokens", str(len(TEXT))]
    done = run_tool("fidelity/run_on_cpu.py", *arguments, "--probe", probe, "--output", output, *graphs)
    assert done.returncode == 0, done.stderr
    return output


def compare(
    model: Model,
    probe: str,
    stages: dict[str, Path],
    run_tool: RunTool,
    output: Path,
    *more: str | Path,
) -> Any:
    arguments = ["--weights", model.weights.path, "--text", model.text, "--tokens", str(len(TEXT))]
    named = [word for name, found in stages.items() for word in ("--stage", name, found, found)]
    options = ["--facts", '{"model": "random"}', "--probe", probe, *model.reference, *named, *more]
    done = run_tool("fidelity/compare_stages.py", *arguments, *options, "--output", output)
    assert done.returncode == 0, done.stderr
    return json.loads(output.read_text())


def damaged(model: Model, tensor: str, folder: Path) -> list[Path]:
    """The chunks' graphs, with one of their weights three times as large as it should be."""
    graphs = [Path(shutil.copytree(graph, folder / graph.name)) for graph in model.graphs]
    place = model.weights.locate(tensor)
    (file,) = (found for graph in graphs for found in graph.glob(place.file))
    values = np.memmap(file, "<f4", "r+", place.offset, place.shape)
    values *= 3
    values.flush()
    return graphs


def test_every_layer_of_the_graph_is_what_the_reference_computes(
    model: Model, run_tool: RunTool, tmp_path: Path
) -> None:
    found = on_cpu(model, model.graphs, "layers", tmp_path / "found", run_tool)
    record = compare(model, "layers", {"onnx": found}, run_tool, tmp_path / "verified.json")
    (stage,) = record["stages"]
    assert record["verified"] and record["model"] == "random"
    assert [layer["name"] for layer in stage["layers"]] == [layer_end(layer) for layer in range(13)]
    assert all(0 < layer["error"] < 1e-5 for layer in stage["layers"])
    assert stage["departs"] is None and stage["kl_mean"] < 1e-8 and stage["top1_agreement"] == 1


@pytest.mark.parametrize("divergence", [1e-5, 0.5])
def test_what_a_device_said_is_a_stage_of_its_own(
    model: Model, run_tool: RunTool, tmp_path: Path, divergence: float
) -> None:
    found = on_cpu(model, model.graphs, "layers", tmp_path / "found", run_tool)
    evaluation = {"kl_mean": divergence, "kl_max": 1.0, "top1_agreement": 0.9, "perplexity": 3.0}
    benchmark = tmp_path / "benchmark.json"
    device = {"serial": "R5CT", "soc": "SM8650"}
    benchmark.write_text(json.dumps({"emulated": False, "evaluation": evaluation, "device": device}))
    stages, output = {"onnx": found}, tmp_path / "verified.json"
    record = compare(model, "layers", stages, run_tool, output, "--benchmark", benchmark)
    stage = record["stages"][-1]
    assert [stage["stage"], stage["kl_mean"], stage["device"]] == ["device", divergence, device]
    assert stage["within"] == record["verified"] == (divergence < 0.01)


@pytest.mark.parametrize("tensor", ["ffn.key.weight", "att.output.weight", "att.time_decay"])
def test_the_layer_whose_weights_are_damaged_is_named(
    model: Model, run_tool: RunTool, tmp_path: Path, tensor: str
) -> None:
    graphs = damaged(model, f"blocks.{DAMAGED}.{tensor}", tmp_path)
    found = on_cpu(model, graphs, "layers", tmp_path / "found", run_tool)
    record = compare(model, "layers", {"onnx": found}, run_tool, tmp_path / "verified.json")
    assert not record["verified"]
    assert record["stages"][0]["departs"]["name"] == f"blocks.{DAMAGED}.ffn.residual"


def test_in_a_probed_layer_the_tensor_that_departs_first_is_named(
    model: Model, run_tool: RunTool, tmp_path: Path
) -> None:
    graphs = damaged(model, f"blocks.{DAMAGED}.att.gate.weight", tmp_path)
    probe = str(DAMAGED)
    stages = {
        "onnx": on_cpu(model, model.graphs, probe, tmp_path / "right", run_tool),
        "lowered": on_cpu(model, graphs, probe, tmp_path / "wrong", run_tool),
    }
    record = compare(model, probe, stages, run_tool, tmp_path / "layer.json")
    right, wrong = record["stages"]
    assert right["departs"] is None and len(right["tensors"]) > 40
    assert wrong["departs"]["name"] == f"blocks.{DAMAGED}.att.gate"
    names = [tensor["name"] for tensor in wrong["tensors"]]
    departed = names.index(f"blocks.{DAMAGED}.att.gate")
    # What the damaged linear does not reach is as it was.
    assert all(tensor["error"] < 1e-5 for tensor in wrong["tensors"][:departed])


def test_probes_keep_their_names_and_change_no_other_output(model: Model) -> None:
    graph = onnx.load_model(model.graphs[1] / "graph.onnx", load_external_data=False)
    before = [item.name for item in graph.graph.output]
    assert probed_outputs(graph.graph) == []
    added = add_probes(graph, "layers")
    assert added == [layer_end(layer) for layer in range(6, 13)]
    assert [item.name for item in graph.graph.output] == [*before, *added]
    assert probed_outputs(graph.graph) == added


@pytest.mark.parametrize("probe", ["second", "-1"])
def test_a_probe_that_is_no_layer_is_refused(
    model: Model, run_tool: RunTool, tmp_path: Path, probe: str
) -> None:
    done: ToolRun = run_tool(
        "fidelity/run_on_cpu.py",
        *("--weights", model.weights.path, "--text", model.text, "--tokens", "4"),
        *(f"--probe={probe}", "--output", tmp_path / "found", *model.graphs),
    )
    assert done.returncode == 1
    assert f"error: --probe {probe}: is no layer" in done.stderr
