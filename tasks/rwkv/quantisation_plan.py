"""What a recipe means for a model: a file for each part of its weights, saying how each is stored.

A part's file says nothing of the others, so a rule that touches one layer changes that layer's file only.
"""

from __future__ import annotations

from pathlib import Path

import onnx

from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_token
from rwkv.float_islands import check_floats, float_nodes
from rwkv.recipe_rules import Linear, Recipe, choose_forms
from rwkv.weight_folder import BLOCK_NAME, WeightFolder, block_file, file_of
from rwkv.weight_plan import Plan, PlannedWeight


def plan_parts(weights: WeightFolder, recipe: Recipe) -> dict[str, Plan]:
    """The plan of each part: `embedding`, `block-00`, …, `head`. Raises `InputError` for a rule in vain."""
    config = weights.config
    model = build_from_token(weights, ChunkSpan(1, 1, 0, config.layers)).model()
    check_floats(model, recipe)
    floats = float_nodes(model, recipe)
    plans: dict[str, Plan] = {part: {} for part in part_names(config.layers)}
    linears = linears_of(model)
    forms = choose_forms(recipe, linears, config.embd)
    for linear in linears:
        form = forms[linear.weight]
        if form != "fp16":
            planned = PlannedWeight(form, recipe.method(form), linear.input)
            plans[part_of(linear.weight)][linear.weight] = planned
        elif recipe.is_float:
            plans[part_of(linear.weight)][linear.weight] = PlannedWeight("fp16")
    for node in model.graph.node:
        if node.op_type == "Gather":
            halves = node.name in floats
            table = PlannedWeight("fp16") if halves else PlannedWeight("u16", headroom=recipe.headroom)
            plans[part_of(node.input[0])][node.input[0]] = table
    return plans


def linears_of(model: onnx.ModelProto) -> list[Linear]:
    """Every linear of a graph whose weight is a constant, once a weight."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    found = {}
    for node in model.graph.node:
        if node.op_type == "Gemm" and node.input[1] in shapes:
            rows, columns = shapes[node.input[1]]
            found[node.input[1]] = Linear(node.input[1], (rows, columns), node.input[0])
    return list(found.values())


def part_of(weight: str) -> str:
    """The part that a weight belongs to. A layer's own table is with its other weights."""
    if layer := BLOCK_NAME.match(weight):
        return Path(block_file(int(layer[1]))).stem
    return Path(file_of(weight)).stem


def part_names(layers: int) -> list[str]:
    """Every part of a model."""
    return ["embedding", *(f"block-{layer:02}" for layer in range(layers)), "head"]
