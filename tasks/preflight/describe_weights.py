"""Prints the shapes of a checkpoint's tensors as JSON, of whatever container; reads no tensor."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.tool_failure import run_tool
from rwkv.weight_file import open_weight_file


def main() -> None:
    """One object: name -> {"shape": [...]}, as in the header of a .safetensors file."""
    parser = argparse.ArgumentParser(description="Print the shapes of a checkpoint's tensors as JSON.")
    parser.add_argument("--weights", type=Path, required=True, help="the checkpoint, .safetensors or .pth")
    weights = open_weight_file(parser.parse_args().weights)
    json.dump({name: {"shape": list(weights.shape(name))} for name in sorted(weights.names())}, sys.stdout)


if __name__ == "__main__":
    run_tool(main)
