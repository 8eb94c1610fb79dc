"""A folder of weights -> the embedding table as raw little-endian fp32 [V, C], for the runtime."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.number_formats import FP32
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder

SUMMARY = "Write the embedding table, ln0 folded in, as raw little-endian fp32 [vocab, embd]."
EXAMPLE = "example: write_embedding.py --weights weights --output embedding.f32"


def main() -> None:
    """Write the table's bytes."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()

    table = WeightFolder(arguments.weights).read("emb.weight")
    table.astype(FP32.raw, copy=False).tofile(arguments.output)
    progress(f"{arguments.output}: {table.shape[0]} rows of {table.shape[1]}")


if __name__ == "__main__":
    run_tool(main)
