from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import REPOSITORY, RunTool

MODELS = REPOSITORY / "models"
HELDOUT = MODELS / "rwkv7-austen" / "heldout.txt"
VOCAB = 256

# The field of model.json that says how well a text is predicted, and how many bytes of it that is for.
WHOLE = ("heldout_perplexity", 4096)
BEGINNING = ("heldout_perplexity_first_256", 256)


@pytest.mark.parametrize(
    ("model", "measured"), [("rwkv5-austen", BEGINNING), ("rwkv6-austen", BEGINNING), ("rwkv7-austen", WHOLE)]
)
def test_the_reference_predicts_the_heldout_text_as_well_as_the_training_program_did(
    model: str, measured: tuple[str, int], run_tool: RunTool, tmp_path: Path
) -> None:
    field, tokens = measured
    card = json.loads((MODELS / model / "model.json").read_text())
    folder, output = tmp_path / "weights", tmp_path / "reference.f32"
    weights = MODELS / model / "model.safetensors"
    done = run_tool("export-onnx/write_weights.py", "--weights", weights, "--output", folder)
    assert done.returncode == 0, done.stderr
    arguments = ["--weights", folder, "--text", HELDOUT, "--tokenizer", card["tokenizer"]]
    arguments += ["--tokens", str(tokens), "--output", output]
    done = run_tool("reference-logits/reference_logits.py", *arguments)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["tokens"] == tokens and result["vocab"] == VOCAB
    assert result["perplexity"] == pytest.approx(card[field], abs=1e-4)
    logits = np.fromfile(output, "<f4")
    assert logits.shape == (tokens * VOCAB,) and np.isfinite(logits).all()


@pytest.mark.parametrize("model", ["rwkv5-austen", "rwkv6-austen", "rwkv7-austen"])
def test_the_card_of_a_model_says_what_its_file_does(model: str) -> None:
    facts = json.loads((MODELS / model / "model.json").read_text())
    card = (MODELS / model / "README.md").read_text()
    assert facts["name"] == model == f"{facts['arch']}-austen"
    for field in ("heldout_perplexity", "heldout_perplexity_first_256", "heldout_bits_per_byte"):
        assert f"{facts[field]:.4f}" in card
    assert f"{facts['training']['tokens']:,} tokens" in card
    assert (MODELS / model / "model.safetensors").stat().st_size <= 5_000_000
