"""The predicted costs of chunks and of a head in a context of its own add up to those of a call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import RunTool

SHAPES = {"rwkv_decode": 1, "rwkv_prefill": 32, "rwkv_batch": 4}


def graph(name: str, microseconds: int, inputs: dict[str, list[int]], logits: int = 0) -> dict[str, Any]:
    """What qnn-context says of a graph, as far as it counts here."""
    fills = ("input_fill_bytes", "intermediate_fill_bytes", "intermediate_spill_bytes", "output_spill_bytes")
    return {
        "name": name,
        "inputs": [{"name": item, "shape": shape} for item, shape in inputs.items()],
        "outputs": [{"name": "logits", "shape": [1, logits]}] if logits else [],
        "const_bytes": 1000,
        "cost_model": {
            "microseconds": dict.fromkeys(("value", "low", "high"), microseconds),
            "unpriced_ops": [],
            **dict.fromkeys(fills, 10),
        },
    }


def test_a_prompt_takes_the_head_once_and_a_batch_its_own(run_tool: RunTool, tmp_path: Path) -> None:
    chunk = [graph(name, 100 * rows, {"embedding": [rows, 8]}) for name, rows in SHAPES.items()]
    head = [
        graph(name, microseconds, {"ln_out": [SHAPES[name], 8]}, 256)
        for name, microseconds in {"rwkv_decode": 7, "rwkv_batch": 9}.items()
    ]
    files = []
    for name, graphs in {"chunk1of1": chunk, "head": head}.items():
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps({"soc": "SA8255", "graphs": graphs}))
    names = ["--model", "m", "--precision", "fp16", "--soc", "SM8650", "--proxy", "SA8255"]
    output = tmp_path / "predicted.json"
    done = run_tool("predict-speed/add_costs.py", *names, "--output", output, *files)
    assert done.returncode == 0, done.stderr
    calls = {call["graph"]: call for call in json.loads(output.read_text())["calls"]}
    found = {name: (call["tokens"], call["microseconds"]["value"]) for name, call in calls.items()}
    assert found == {"rwkv_decode": (1, 107), "rwkv_prefill": (32, 3207), "rwkv_batch": (4, 409)}
