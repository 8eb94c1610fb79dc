"""A chunk's ONNX graph (+ encodings) -> a DLC, the same bytes each time.

fp16: the float graph with its weights as halves, see `half_weights`. a16w8: its linears quantised, see
`linear_quantiser`; what stays float is computed in fp16. a16w8-int: everything quantised, see
`whole_quantiser`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import onnx
from google.protobuf.message import DecodeError

from rwkv.dlc_container import neutralise_dlc
from rwkv.external_tensors import external_file, is_external
from rwkv.file_links import link_file
from rwkv.half_weights import store_halves
from rwkv.linear_quantiser import quantise_linears
from rwkv.qnn_provider import ConversionError, write_raw_dlc
from rwkv.tensor_encodings import read_encodings
from rwkv.tool_failure import InputError, progress, run_tool
from rwkv.whole_quantiser import quantise_whole

SUMMARY = "Convert one chunk's ONNX graph to a DLC."
EXAMPLE = (
    "example: convert_graph.py --graph chunk1of2 --precision a16w8 --encodings e.json --output chunk1of2.dlc"
)
GRAPH_FILE = "graph.onnx"
# Precision -> what quantises the graph to it, and what that does.
QUANTISERS = {
    "a16w8": (quantise_linears, "linears quantised"),
    "a16w8-int": (quantise_whole, "everything quantised"),
}


def main() -> None:
    """Convert in a private folder beside the output, then move the DLC into place."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--graph", type=Path, required=True, help="the folder that write_graph.py wrote")
    parser.add_argument(
        "--precision", choices=("fp16", *QUANTISERS), required=True, help="what the HTP computes in"
    )
    parser.add_argument("--encodings", type=Path, help="what collect_encodings.py wrote (not for fp16)")
    parser.add_argument("--output", type=Path, required=True, help="the DLC to write")
    arguments = parser.parse_args()
    if arguments.precision in QUANTISERS and arguments.encodings is None:
        parser.error(f"--precision {arguments.precision} needs --encodings")

    output: Path = arguments.output
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=output.absolute().parent) as private:
        work = Path(private)
        model = take_graph(arguments.graph, work)
        if arguments.precision in QUANTISERS:
            quantise, done = QUANTISERS[arguments.precision]
            model = quantise(model, work, read_encodings(arguments.encodings), arguments.encodings)
            progress(f"{arguments.graph}: {done}, {len(model.graph.node)} nodes")
        else:
            model = store_halves(model, work)
            progress(f"{arguments.graph}: weights as fp16, {len(model.graph.node)} nodes")
        (work / GRAPH_FILE).write_bytes(model.SerializeToString(deterministic=True))
        dumped = work / "dlc"
        dumped.mkdir()
        try:
            dlc = write_raw_dlc(work / GRAPH_FILE, dumped)
        except ConversionError as error:
            hint = "its messages above tell which node it cannot take"
            raise InputError(arguments.graph / GRAPH_FILE, str(error), hint) from error
        neutralise_dlc(dlc, dlc.stem, model.graph.name)
        dlc.chmod(0o644)
        dlc.replace(output)
    progress(f"{output}: {output.stat().st_size} bytes")


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


if __name__ == "__main__":
    run_tool(main)
