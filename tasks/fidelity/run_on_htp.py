"""A model's contexts + a text -> what the model says of it on the HTP emulator, and its probed tensors.

The same files as `run_on_cpu.py` writes. It is `rwkv-run eval`, told of tokenizer, tables and initial state.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np

from rwkv.number_formats import FP32
from rwkv.stable_json import write_json
from rwkv.token_sequence import TOKENIZERS, tokenizer_name
from rwkv.token_tables import joined_rows
from rwkv.tool_failure import run_tool
from rwkv.tuned_state import graph_wkv
from rwkv.weight_folder import WeightFolder
from rwkv.world_tokenizer import find_vocabulary

SUMMARY = "Run the contexts of a model over a text on the HTP emulator; write logits and probed tensors."
EXAMPLE = (
    "example: run_on_htp.py --program rwkv-run --qnn-libs qnn --weights weights --context m_chunk1of1.bin "
    "--text t.txt --output htp"
)


def main() -> None:
    """Run, and keep of the report what names the probes."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--program", type=Path, required=True, help="rwkv-run of this machine")
    parser.add_argument("--qnn-libs", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--context", type=Path, required=True, help="the first chunk's; others are beside it")
    parser.add_argument("--embedding", choices=("inside", "outside"), default="inside")
    parser.add_argument("--text", type=Path, required=True, help="the text to predict")
    parser.add_argument("--tokenizer", choices=TOKENIZERS, default="auto")
    parser.add_argument("--tokens", type=int, default=256, help="how many tokens of it (default: 256)")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    output: Path = arguments.output
    output.mkdir(parents=True)
    command = [str(arguments.program.absolute()), "eval", str(arguments.context)]
    command += ["--qnn-libs", str(arguments.qnn_libs), "--text", str(arguments.text)]
    command += ["--tokenizer", tokenizer(arguments.tokenizer, weights.config.vocab)]
    command += ["--tokens", str(arguments.tokens)]
    command += ["--logits", str(output / "logits.f32"), "--probes", str(output / "probes.f32")]
    with tempfile.TemporaryDirectory() as work:
        if arguments.embedding == "outside":
            table = Path(work) / "embedding.f32"
            with table.open("wb") as file:
                for rows in joined_rows(weights):
                    file.write(np.ascontiguousarray(rows, FP32.raw).data)
            command += ["--embedding", str(table)]
        if weights.config.tuned_state:
            state = Path(work) / "initial-state.f32"
            layers = [graph_wkv(weights, layer) for layer in range(weights.config.layers)]
            np.stack(layers).astype(FP32.raw, copy=False).tofile(state)
            command += ["--initial-state", str(state)]
        report = Path(work) / "report.json"
        done = subprocess.run([*command, "--json", str(report)], check=False)  # noqa: S603
        if done.returncode != 0:
            sys.exit(done.returncode)  # it has said why
        found = json.loads(report.read_text(encoding="utf-8"))
    record = {"probes": found["probes"], "tokens": found["evaluation"]["tokens"]}
    write_json(record, output / "run.json")


def tokenizer(asked: str, vocab: int) -> str:
    """As rwkv-run wants it."""
    name = tokenizer_name(asked, vocab)
    return f"world:{find_vocabulary()}" if name == "world" else name


if __name__ == "__main__":
    run_tool(main)
