"""A checkpoint (.safetensors or .pth) -> `config.json` and one fp32 .safetensors file per layer.

The embedding table has ln0 folded in. Chunks of any number are built from the same folder, so the weights are
written once. Nothing in the checkpoint is run. Two files are written at a time, and of each one tensor is in
memory, or some rows of a big one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.checkpoint_plan import CheckpointPlan, plan_checkpoint
from rwkv.folded_embedding import fold_embedding
from rwkv.model_config import write_config
from rwkv.safetensors_writer import write_safetensors
from rwkv.tensor_plan import StoredTensor
from rwkv.tool_failure import progress, run_tool
from rwkv.tuned_weights import TunedWeights
from rwkv.weight_file import WeightFile, open_weight_file
from rwkv.weight_folder import CONFIG_FILE, EMBEDDING_FILE, file_of

SUMMARY = "Write a checkpoint's weights as one .safetensors file per layer."
# One waits for the disk while the other converts, and nothing else of a build can run before them.
FILES_AT_A_TIME = 2
EXAMPLE = "example: write_weights.py --weights rwkv7-g1-0.1b.pth --output weights"


def main() -> None:
    """Check everything first, then write file by file."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the checkpoint, .safetensors or .pth")
    parser.add_argument(
        "--group-norm-eps", type=float, help="eps of the heads' norm (default: the version's own)"
    )
    parser.add_argument("--state", type=Path, help="a file with the tuned state that the model starts from")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()

    weights = open_weight_file(arguments.weights)
    if arguments.state is not None:
        weights = TunedWeights(weights, open_weight_file(arguments.state))
    plan = plan_checkpoint(weights, arguments.group_norm_eps)
    config = plan.config
    figures = f"{config.arch}, {config.layers} layers × {config.embd}, {config.vocab} tokens"
    progress(f"{weights.path}: {figures}")
    if unused := plan.unused(weights):
        progress(f"{weights.path}: not used: {', '.join(unused[:3])}{' …' if len(unused) > 3 else ''}")

    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(FILES_AT_A_TIME) as pool:
        written = [pool.submit(write_embedding, output / EMBEDDING_FILE, plan, weights)]
        for file, tensors in groupby(plan.others, lambda tensor: file_of(tensor.name)):
            written.append(pool.submit(write_planned, output / file, list(tensors), weights))
        try:
            for one in written:
                one.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    write_config(config, output / CONFIG_FILE)


def write_embedding(path: Path, plan: CheckpointPlan, weights: WeightFile) -> None:
    """Write the table, some rows at a time."""
    write_safetensors(path, shapes_of(plan.embedding[:1]), fold_embedding(plan.config, weights))
    progress(f"{path.name}: {plan.config.vocab} × {plan.config.embd}, ln0 folded in")


def shapes_of(plan: Sequence[StoredTensor]) -> dict[str, tuple[int, ...]]:
    """The stored shapes by stored name."""
    return {tensor.name: tensor.shape for tensor in plan}


def write_planned(path: Path, plan: Sequence[StoredTensor], weights: WeightFile) -> None:
    """Write one file, a tensor or a piece of one at a time."""
    pieces = (piece for tensor in plan for piece in tensor.pieces(weights))
    write_safetensors(path, shapes_of(plan), pieces)
    progress(f"{path.name}: {len(plan)} tensors")


if __name__ == "__main__":
    run_tool(main)
