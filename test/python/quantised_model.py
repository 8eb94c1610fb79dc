"""Takes a random model through a recipe, as the stages do, for a look at the graphs that come out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import onnx

from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_token
from rwkv.float_islands import IO, float_nodes
from rwkv.graph_encodings import GivenEncodings
from rwkv.graph_quantiser import Quantisation, quantise_graph
from rwkv.part_names import part_file
from rwkv.part_writer import PartWriter
from rwkv.quantisation_plan import plan_parts
from rwkv.recipe_rules import Recipe
from rwkv.tensor_encodings import Encodings, Range, TensorEncoding
from rwkv.weight_folder import WeightFolder
from rwkv.weight_part import WeightParts

ISLANDS = ["io", "embedding", "norm", "wkv", "decay", "residual", "elementwise"]
WITH_FLOATS = Recipe("with-floats", {"*": "w8"}, ISLANDS, {}, 1.0)
A16W8 = Recipe("a16w8", {"*": "w8"}, [], {}, 1.5)
WHOLE = ChunkSpan(1, 1, 0, 3)


def encodings_of(ranges: Mapping[str, Range]) -> Encodings:
    return Encodings({name: TensorEncoding.of_range(found) for name, found in ranges.items()})


def write_parts(
    weights: WeightFolder, recipe: Recipe, folder: Path, writer: PartWriter | None = None
) -> WeightParts:
    """All parts of the model's weights, as files in `folder`."""
    writer = writer or PartWriter(weights)
    files = []
    for part, plan in plan_parts(weights, recipe).items():
        files.append(folder / part_file(part))
        writer.write(plan, files[-1])
    return WeightParts(files)


def quantise(
    weights: WeightFolder,
    recipe: Recipe,
    ranges: Mapping[str, Range],
    folder: Path,
    model: onnx.ModelProto | None = None,
) -> Path:
    """Quantise a chunk's graph, by default the whole model's, into `folder`; returns graph.onnx."""
    shutil.copytree(weights.path, folder)
    model = model or build_from_token(weights, WHOLE).model()
    parts = write_parts(weights, recipe, folder, PartWriter(weights))
    how = Quantisation(
        floats=float_nodes(model, recipe),
        float_ends=IO in recipe.floats,
        given=GivenEncodings(encodings_of(ranges), Path("encodings.json"), recipe.headroom),
        parts=parts,
    )
    quantised, _ = quantise_graph(model, folder, how)
    (folder / "graph.onnx").write_bytes(quantised.SerializeToString())
    return folder / "graph.onnx"
