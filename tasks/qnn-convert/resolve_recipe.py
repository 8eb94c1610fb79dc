"""A recipe + a folder of weights -> a file for each part of the weights that says how it is stored.

The recipe is held against the model's graph here, before anything is quantised.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.quantisation_plan import plan_parts
from rwkv.recipe_rules import Recipe
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder
from rwkv.weight_plan import write_plan

SUMMARY = "Say for each part of a model's weights how a recipe stores it."
EXAMPLE = (
    "example: resolve_recipe.py --weights weights --precision mine "
    """--recipe '{"weights": {"*": "w8", "ffn": "w4"}}' --output plan"""
)


def main() -> None:
    """Plan and write."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--precision", required=True, help="the name of the recipe")
    parser.add_argument("--recipe", required=True, help="the recipe as JSON")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()

    recipe = Recipe.parse(arguments.precision, arguments.recipe)
    plans = plan_parts(WeightFolder(arguments.weights), recipe)
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    for part, plan in plans.items():
        write_plan(plan, output / f"{part}.json")
    forms = [planned.form for plan in plans.values() for planned in plan.values()]
    counted = ", ".join(f"{forms.count(form)} {form}" for form in sorted(set(forms)))
    progress(f"{arguments.precision}: weights by form: {counted}")


if __name__ == "__main__":
    run_tool(main)
