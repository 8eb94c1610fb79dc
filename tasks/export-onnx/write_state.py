"""A folder of weights -> what the model's heads start from, as raw little-endian fp32 [L, H, N, N].

The file is empty when the model starts from zeros. The values are as large as the graphs have them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np

from rwkv.number_formats import FP32
from rwkv.tool_failure import progress, run_tool
from rwkv.tuned_state import graph_wkv
from rwkv.weight_folder import WeightFolder

SUMMARY = "Write the tuned initial state as raw little-endian fp32; an empty file when the model has none."
EXAMPLE = "example: write_state.py --weights weights --output initial-state.f32"


def main() -> None:
    """Write one layer after the other."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    tuned = weights.config.tuned_state
    with arguments.output.open("wb") as file:
        for layer in range(weights.config.layers if tuned else 0):
            file.write(np.ascontiguousarray(graph_wkv(weights, layer), FP32.raw).data)
    progress(f"{arguments.output}: {'tuned' if tuned else 'none, the model starts from zeros'}")


if __name__ == "__main__":
    run_tool(main)
