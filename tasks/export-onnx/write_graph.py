"""A folder of weights -> one ONNX graph, of a chunk or the head, with hard links to just the weights it uses.

The graph points into the .safetensors files (external data by offset), so it is small and nothing is copied.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.chunk_span import split_layers
from rwkv.decode_graph import build_chunk, build_head
from rwkv.file_links import link_file
from rwkv.graph_builder import GraphBuilder
from rwkv.graph_form import GraphForm, Outside
from rwkv.stable_json import write_json
from rwkv.token_blocks import check_tokens
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import CONFIG_FILE, WeightFolder

SUMMARY = "Write an ONNX graph of one chunk of layers, or of the head: for one token, or for several at once."
EXAMPLE = "example: write_graph.py --weights weights --chunk 1 --chunks 2 --output chunk1of2"


def main() -> None:
    """Write graph.onnx, config.json and the links."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--chunk", type=int, help="which chunk, counted from 1")
    which.add_argument("--head", action="store_true", help="the head alone")
    parser.add_argument("--chunks", type=int, default=1, help="into how many the layers are split")
    parser.add_argument(
        "--ext-embedding", action="store_true", help="take the embedding's row instead of the token"
    )
    parser.add_argument("--ext-head", action="store_true", help="leave the head to a graph of its own")
    parser.add_argument(
        "--tokens", type=int, default=1, help="of a prompt, how many the graph takes at once (default: 1)"
    )
    parser.add_argument(
        "--sequences", type=int, default=1, help="of which the graph takes a token each (default: 1)"
    )
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()

    check_tokens(arguments.tokens)
    form = GraphForm(arguments.tokens, arguments.sequences)
    weights = WeightFolder(arguments.weights)
    graph, what = build_part(weights, form, arguments)
    model = graph.model()

    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    for file in graph.files():
        link_file(weights.path / file, output / file)
    (output / "graph.onnx").write_bytes(model.SerializeToString(deterministic=True))
    write_json({**asdict(weights.config), "format": 1, **what, **asdict(form)}, output / CONFIG_FILE)
    progress(f"{output}: {len(model.graph.node)} nodes")


def build_part(
    weights: WeightFolder, form: GraphForm, arguments: argparse.Namespace
) -> tuple[GraphBuilder, dict[str, object]]:
    """A chunk or the head, and what the configuration says of it."""
    if arguments.head:
        return build_head(weights, form), {"head": True}
    span = split_layers(weights.path, weights.config.layers, arguments.chunk, arguments.chunks)
    asked = {Outside.TABLES: arguments.ext_embedding, Outside.HEAD: arguments.ext_head}
    graph = build_chunk(weights, span, form, {part for part, is_outside in asked.items() if is_outside})
    return graph, {
        "chunk": span.chunk,
        "chunks": span.chunks,
        "ext_embedding": bool(arguments.ext_embedding),
        "ext_head": bool(arguments.ext_head),
        "layers": [span.first, span.last],
    }


if __name__ == "__main__":
    run_tool(main)
