"""A folder of weights -> one ONNX graph of one chunk, with hard links to just the weights it uses.

The graph points into the .safetensors files (external data by offset), so it is small and nothing is copied.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.chunk_span import split_layers
from rwkv.decode_graph import build_from_embedding, build_from_token
from rwkv.file_links import link_file
from rwkv.graph_form import GraphForm
from rwkv.stable_json import write_json
from rwkv.token_blocks import check_tokens
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import CONFIG_FILE, WeightFolder

SUMMARY = "Write an ONNX graph of one chunk of layers: for one token, or for several at once."
EXAMPLE = "example: write_graph.py --weights weights --chunk 1 --chunks 2 --output chunk1of2"


def main() -> None:
    """Write graph.onnx, config.json and the links."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--chunk", type=int, required=True, help="which chunk, counted from 1")
    parser.add_argument("--chunks", type=int, required=True, help="into how many the layers are split")
    parser.add_argument(
        "--ext-embedding", action="store_true", help="take the embedding's row instead of the token"
    )
    parser.add_argument(
        "--tokens", type=int, default=1, help="of a prompt, how many the graph takes at once (default: 1)"
    )
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()

    check_tokens(arguments.tokens)
    weights = WeightFolder(arguments.weights)
    config = weights.config
    span = split_layers(weights.path, config.layers, arguments.chunk, arguments.chunks)
    build = build_from_embedding if arguments.ext_embedding else build_from_token
    graph = build(weights, span, GraphForm(tokens=arguments.tokens))
    model = graph.model()

    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    for file in graph.files():
        link_file(weights.path / file, output / file)
    (output / "graph.onnx").write_bytes(model.SerializeToString(deterministic=True))
    chunk = {
        **asdict(config),
        "format": 1,
        "chunk": span.chunk,
        "chunks": span.chunks,
        "ext_embedding": bool(arguments.ext_embedding),
        "layers": [span.first, span.last],
        "tokens": graph.form.tokens,
    }
    write_json(chunk, output / CONFIG_FILE)
    nodes = len(model.graph.node)
    progress(f"chunk {span.chunk} of {span.chunks}: layers {span.first} to {span.last - 1}, {nodes} nodes")


if __name__ == "__main__":
    run_tool(main)
