"""Parts of the weights (a layer, the embedding, the head) + their plans -> those weights, as codes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.aimet_format import read_encodings
from rwkv.calibrated_inputs import CalibratedInputs
from rwkv.part_names import part_file
from rwkv.part_writer import PartWriter
from rwkv.tensor_encodings import Encodings
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder
from rwkv.weight_plan import read_plan

SUMMARY = "Quantise the weights of each part that has a plan."
EXAMPLE = "example: quantise_part.py --weights weights --plan plan --output quantised"


def main() -> None:
    """Quantise part by part."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--plan", type=Path, required=True, help="a folder of what resolve_recipe.py wrote")
    parser.add_argument("--inputs", type=Path, help="what collect_encodings.py --inputs wrote, for gptq")
    parser.add_argument("--encodings", type=Path, help="the user's encodings, whose scales are taken")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()

    given_file: Path | None = arguments.encodings
    given = Encodings({}) if given_file is None else read_encodings(given_file)
    inputs = None if arguments.inputs is None else CalibratedInputs(arguments.inputs)
    writer = PartWriter(WeightFolder(arguments.weights), inputs, given, given_file or Path("encodings.json"))
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    for path in sorted(arguments.plan.glob("*.json")):
        target = output / part_file(path.stem)
        plan = read_plan(path)
        writer.write(plan, target)
        progress(f"{target}: {len(plan)} weights, {target.stat().st_size} bytes")


if __name__ == "__main__":
    run_tool(main)
