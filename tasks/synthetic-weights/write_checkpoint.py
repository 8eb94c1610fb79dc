"""Sizes -> a checkpoint of random weights, shaped and named as RWKV's authors save them.

It is there to try real shapes with. The weights are drawn and written some rows at a time: a model of 1.6 B
needs no more memory than a small one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np

from rwkv.number_formats import FP16, FP32, Float32Array
from rwkv.safetensors_writer import write_safetensors
from rwkv.synthetic_checkpoint import BLOCKS, ModelSizes, plan_checkpoint
from rwkv.tool_failure import InputError, progress, run_tool

SUMMARY = "Write a .safetensors checkpoint with random weights."
EXAMPLE = "example: write_checkpoint.py --arch v7 --layers 24 --embd 2048 --output synthetic.safetensors"
FORMATS = {"fp16": FP16, "fp32": FP32}


def main() -> None:
    """Write the file, a layer at a time."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument(
        "--arch", choices=[f"v{version}" for version in BLOCKS], required=True, help="which RWKV"
    )
    parser.add_argument("--layers", type=int, required=True)
    parser.add_argument("--embd", type=int, required=True, help="channels of the residual stream")
    parser.add_argument("--vocab", type=int, default=65536, help="tokens (default: 65536)")
    parser.add_argument("--head-size", type=int, default=64, help="channels of a head (default: 64)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same bytes (default: 0)")
    parser.add_argument("--format", choices=FORMATS, default="fp16", help="of the numbers (default: fp16)")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()

    sizes = ModelSizes(arguments.layers, arguments.embd, arguments.head_size, arguments.vocab)
    check_sizes(sizes)
    plan = list(plan_checkpoint(arguments.arch.removeprefix("v"), sizes))
    random = np.random.default_rng(arguments.seed)

    def pieces() -> Iterator[Float32Array]:
        for tensor in plan:
            if tensor.name.endswith(".ln1.weight"):
                progress(f"layer {int(tensor.name.split('.')[1]) + 1} of {sizes.layers}")
            yield from tensor.pieces(random)

    output: Path = arguments.output
    shapes = {tensor.name: tensor.shape for tensor in plan}
    partial = output.with_name(f"{output.name}.partial")
    try:
        write_safetensors(partial, shapes, pieces(), FORMATS[arguments.format])
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    parameters = sum(int(np.prod(shape)) for shape in shapes.values())
    progress(f"{output}: {len(plan)} tensors, {parameters / 1e6:.1f} M parameters")


def check_sizes(sizes: ModelSizes) -> None:
    """Raises `InputError` for sizes that no model can have."""
    if min(sizes.layers, sizes.embd, sizes.head_size, sizes.vocab) < 1:
        raise InputError("the sizes", "one is below 1", "give sizes from 1")
    if sizes.embd % sizes.head_size != 0:
        raise InputError(
            "the sizes",
            f"{sizes.embd} channels are no whole number of heads of {sizes.head_size}",
            "give --embd a multiple of --head-size",
        )


if __name__ == "__main__":
    run_tool(main)
