from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import REPOSITORY, RunTool

MODEL = REPOSITORY / "models" / "rwkv7-austen"


@pytest.fixture(scope="module")
def folder(run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("austen") / "weights"
    done = run_tool(
        "export-onnx/write_weights.py", "--weights", MODEL / "model.safetensors", "--output", output
    )
    assert done.returncode == 0, done.stderr
    return output


def test_the_model_predicts_the_heldout_text_as_well_as_its_card_says(
    folder: Path, run_tool: RunTool, tmp_path: Path
) -> None:
    card = json.loads((MODEL / "model.json").read_text())
    arguments = ["--weights", folder, "--text", MODEL / "heldout.txt", "--tokenizer", card["tokenizer"]]
    arguments += ["--tokens", str(card["heldout_tokens"]), "--output", tmp_path / "reference.f32"]
    done = run_tool("reference-logits/reference_logits.py", *arguments)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["tokens"] == card["heldout_tokens"] and result["vocab"] == 256
    assert result["perplexity"] == pytest.approx(card["heldout_perplexity"], abs=1e-3)
    logits = np.fromfile(tmp_path / "reference.f32", "<f4")
    assert logits.shape == (card["heldout_tokens"] * 256,) and np.isfinite(logits).all()
