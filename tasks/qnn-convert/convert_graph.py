"""A chunk's ONNX graph + stored weights (+ encodings) -> a DLC, the same bytes each time.

A recipe that quantises nothing: the float graph in fp16, see `half_weights`. Others: see `graph_quantiser`.
No weight is quantised here; what is taken from the weights' parts was quantised before.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import onnx
from google.protobuf.message import DecodeError

from rwkv.aimet_format import LATEST, VERSIONS, read_encodings, write_encodings
from rwkv.dlc_container import neutralise_dlc
from rwkv.external_tensors import external_file, is_external
from rwkv.file_links import link_file
from rwkv.float_ends import cast_ends
from rwkv.float_islands import IO, float_nodes
from rwkv.graph_encodings import GivenEncodings
from rwkv.graph_probe import add_probes
from rwkv.graph_quantiser import Quantisation, quantise_graph
from rwkv.half_weights import store_halves
from rwkv.part_names import SUFFIX
from rwkv.qnn_provider import ConversionError, write_raw_dlc
from rwkv.recipe_rules import Recipe
from rwkv.tensor_encodings import Encodings
from rwkv.tool_failure import InputError, progress, run_tool
from rwkv.weight_part import WeightParts

SUMMARY = "Convert one chunk's ONNX graph to a DLC."
EXAMPLE = (
    "example: convert_graph.py --graph chunk1of2 --weights quantised "
    """--recipe '{"weights": {"*": "w8"}}' --encodings e.json --output chunk1of2.dlc"""
)
GRAPH_FILE = "graph.onnx"
FLOAT_ENDS = {"fp16": onnx.TensorProto.FLOAT16, "fp32": onnx.TensorProto.FLOAT}


def main() -> None:
    """Convert in a private folder beside the output, then move the DLC into place."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--graph", type=Path, required=True, help="the folder that write_graph.py wrote")
    parser.add_argument(
        "--weights", type=Path, help="a folder of what quantise_part.py wrote, where codes are"
    )
    parser.add_argument("--recipe", required=True, help="the recipe as JSON; its weights count no more")
    parser.add_argument("--encodings", type=Path, help="what collect_encodings.py wrote, or AIMET")
    parser.add_argument("--output", type=Path, required=True, help="the DLC to write")
    parser.add_argument("--used", type=Path, help="where to write the encodings that are in the DLC")
    parser.add_argument(
        "--used-version", choices=VERSIONS, default=LATEST, help=f"their format (default: {LATEST})"
    )
    parser.add_argument(
        "--probe", help='make the residual stream after each layer ("layers"), or all of a layer (N), outputs'
    )
    parser.add_argument("--lowered", type=Path, help="where to write the ONNX graph that the DLC is made of")
    arguments = parser.parse_args()
    recipe = Recipe.parse("", arguments.recipe)
    if not recipe.is_float and None in (arguments.encodings, arguments.weights):
        parser.error("a recipe that quantises needs --encodings and --weights")

    output: Path = arguments.output
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=output.absolute().parent) as private:
        work = Path(private)
        model = take_graph(arguments.graph, work)
        if arguments.probe is not None:
            add_probes(model, arguments.probe)
        parts = take_parts(arguments.weights, work)
        used = Encodings({})
        if recipe.is_float:
            model = store_halves(model, work, parts)
        else:
            how = Quantisation(
                floats=float_nodes(model, recipe),
                float_ends=IO in recipe.floats,
                given=GivenEncodings(
                    read_encodings(arguments.encodings), arguments.encodings, recipe.headroom
                ),
                parts=parts,
            )
            model, used = quantise_graph(model, work, how)
        model = cast_ends(model, FLOAT_ENDS[recipe.io])
        progress(f"{arguments.graph}: {len(model.graph.node)} nodes")
        write_dlc(model, work, arguments.graph, output)
        if arguments.lowered is not None:
            keep_graph(model, work, arguments.lowered)
    if arguments.used is not None:
        write_encodings(used, arguments.used, arguments.used_version)
    progress(f"{output}: {output.stat().st_size} bytes")


def write_dlc(model: onnx.ModelProto, work: Path, graph: Path, output: Path) -> None:
    """Write the DLC of a model whose files are in `work`; `graph` is what errors name."""
    (work / GRAPH_FILE).write_bytes(model.SerializeToString(deterministic=True))
    dumped = work / "dlc"
    dumped.mkdir()
    try:
        dlc = write_raw_dlc(work / GRAPH_FILE, dumped)
    except ConversionError as error:
        hint = "its messages above tell which node it cannot take"
        raise InputError(graph / GRAPH_FILE, str(error), hint) from error
    neutralise_dlc(dlc, dlc.stem, model.graph.name)
    dlc.chmod(0o644)
    dlc.replace(output)


def keep_graph(model: onnx.ModelProto, work: Path, folder: Path) -> None:
    """Put the graph of `work` with the files it points into in the new `folder`."""
    folder.mkdir(parents=True)
    locations = {external_file(tensor) for tensor in model.graph.initializer if is_external(tensor)}
    for name in sorted({GRAPH_FILE, *locations}):
        link_file(work / name, folder / name)


def take_graph(folder: Path, work: Path) -> onnx.ModelProto:
    """The graph; its weights' files are linked into `work`. Raises `InputError` when one is missing."""
    path = folder / GRAPH_FILE
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except DecodeError:
        model = onnx.ModelProto()
    if not model.graph.node:
        raise InputError(path, "not an ONNX model", "make the folder again with write_graph.py")
    locations = {external_file(tensor) for tensor in model.graph.initializer if is_external(tensor)}
    for location in sorted(locations):
        if location != Path(location).name or not (folder / location).is_file():
            raise InputError(
                path, f"its weights {location} are not beside it", "make the folder again with write_graph.py"
            )
        link_file(folder / location, work / location)
    return model


def take_parts(folder: Path | None, work: Path) -> WeightParts:
    """The stored weights under a folder; their files are linked into `work`."""
    files = []
    for path in sorted(folder.rglob(f"*{SUFFIX}")) if folder is not None else ():
        link_file(path, work / path.name)
        files.append(work / path.name)
    return WeightParts(files)


if __name__ == "__main__":
    run_tool(main)
