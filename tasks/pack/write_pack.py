"""A model's contexts, tables, tokenizer and figures -> one file, by `rwkv-pack`.

The figures are in the pack as `config.json`: those of the weights, and what the contexts were built for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.model_config import read_config
from rwkv.stable_json import write_json
from rwkv.token_sequence import TOKENIZERS, tokenizer_name
from rwkv.tool_failure import run_tool
from rwkv.weight_folder import CONFIG_FILE
from rwkv.world_tokenizer import find_vocabulary

SUMMARY = "Pack a model into one file."
EXAMPLE = (
    "example: write_pack.py --rwkv-pack bin/rwkv-pack --weights weights --contexts contexts --model mine "
    "--precision fp16 --soc SM8650 --output mine.rwkvpack"
)
FORMAT = 1


def main() -> None:
    """Describe and pack."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--rwkv-pack", type=Path, required=True, help="the program that writes packs")
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--contexts", type=Path, required=True, help="a folder with the contexts and tables")
    parser.add_argument(
        "--tokenizer", choices=TOKENIZERS, default="auto", help="default: by the size of the vocabulary"
    )
    for name in ("model", "precision", "soc"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--output", type=Path, required=True, help="the pack to write")
    arguments = parser.parse_args()

    config = read_config(arguments.weights / CONFIG_FILE)
    tokenizer = tokenizer_name(arguments.tokenizer, config.vocab)
    described = {name: getattr(arguments, name) for name in ("model", "precision", "soc")}
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder, CONFIG_FILE)
        write_json({"format": FORMAT, **described, "tokenizer": tokenizer, **asdict(config)}, description)
        command = [
            *(arguments.rwkv_pack, "--model", arguments.contexts),
            *("--tokenizer", f"world:{find_vocabulary()}" if tokenizer == "world" else tokenizer),
            *("--config", description, "--output", arguments.output),
        ]
        packed = subprocess.run(command, check=False)  # noqa: S603
    if packed.returncode != 0:
        sys.exit(packed.returncode)


if __name__ == "__main__":
    run_tool(main)
