"""A folder of weights -> the tables with a row for every token, as raw little-endian fp32, for the runtime.

A row is the token's embedding [C], ln0 folded in; in an RWKV-7a its deep embedding of each layer follows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np

from rwkv.number_formats import FP32
from rwkv.token_tables import joined_rows
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder

SUMMARY = "Write the embedding tables as raw little-endian fp32, a row for every token."
EXAMPLE = "example: write_embedding.py --weights weights --output embedding.f32"


def main() -> None:
    """Write the rows, some at a time."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()

    weights, width = WeightFolder(arguments.weights), 0
    with arguments.output.open("wb") as file:
        for rows in joined_rows(weights):
            width = rows.shape[1]
            file.write(np.ascontiguousarray(rows, FP32.raw).data)
    progress(f"{arguments.output}: {weights.config.vocab} rows of {width}")


if __name__ == "__main__":
    run_tool(main)
