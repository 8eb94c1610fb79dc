"""The chunks' graphs + a text -> what the model says of it on the CPU, and what its probed tensors are.

Raw little-endian fp32: logits [tokens, vocab], and probes [tokens, all elements of the probed tensors].
Float graphs get their probes here; quantised ones were made with them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np
import onnx
from numpy.typing import NDArray

from rwkv.cpu_chain import CpuChain
from rwkv.file_links import link_file
from rwkv.graph_probe import add_probes, probed_outputs
from rwkv.number_formats import FP32
from rwkv.stable_json import write_json
from rwkv.token_sequence import TOKENIZERS, fed_tokens, read_tokens
from rwkv.token_tables import table_names
from rwkv.tool_failure import InputError, progress, run_tool
from rwkv.tuned_state import tuned_states
from rwkv.weight_folder import WeightFolder

SUMMARY = "Run the chunks of a model over a text on the CPU; write logits and probed tensors."
EXAMPLE = "example: run_on_cpu.py --weights weights --probe layers --text t.txt --output cpu graphs/chunk1of1"
GRAPH_FILE = "graph.onnx"


def main() -> None:
    """Feed and write."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--probe", required=True, help='"layers", or the number of a layer')
    parser.add_argument("--text", type=Path, required=True, help="the text to predict")
    parser.add_argument("--tokenizer", choices=TOKENIZERS, default="auto")
    parser.add_argument("--tokens", type=int, default=256, help="how many tokens of it (default: 256)")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    parser.add_argument("graphs", type=Path, nargs="+", help="the chunks' folders, in order")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    tokenizer, vocab = arguments.tokenizer, weights.config.vocab
    text = read_tokens(arguments.text, tokenizer, arguments.tokens, vocab)
    output: Path = arguments.output
    output.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix=".cpu-", dir=output.absolute().parent) as work:
        graphs, probed = [], []
        for folder in arguments.graphs:
            graph, names = probed_graph(folder, arguments.probe, Path(work) / folder.name)
            graphs.append(graph)
            probed += names
        chain = CpuChain(graphs, tuned_states(weights))
        with (output / "logits.f32").open("wb") as logits, (output / "probes.f32").open("wb") as probes:
            for token in fed_tokens(text, tokenizer, vocab):
                given = chain.feed(given_for(weights, token))
                given["logits"].astype(FP32.raw, copy=False).tofile(logits)
                for name in probed:
                    given[name].astype(FP32.raw, copy=False).tofile(probes)
    tensors = [{"name": name, "elements": given[name].size} for name in probed]
    write_json({"probes": tensors, "tokens": len(text)}, output / "run.json")
    progress(f"{output}: {len(probed)} tensors of {len(graphs)} chunks over {len(text)} tokens")


def probed_graph(folder: Path, probe: str, work: Path) -> tuple[Path, list[str]]:
    """A chunk's graph with its probes, in the new folder `work` with its weights; the probes' names."""
    work.mkdir()
    for file in folder.iterdir():
        if file.name != GRAPH_FILE:
            link_file(file, work / file.name)
    if not (folder / GRAPH_FILE).is_file():
        raise InputError(folder, f"has no {GRAPH_FILE}", "make the folder again with write_graph.py")
    model = onnx.load_model(folder / GRAPH_FILE, load_external_data=False)
    names = probed_outputs(model.graph) or add_probes(model, probe)
    (work / GRAPH_FILE).write_bytes(model.SerializeToString())
    return work / GRAPH_FILE, names


def given_for(weights: WeightFolder, token: int) -> dict[str, NDArray[np.generic]]:
    """The token in every form that a graph takes it in: its number, and its rows of the tables."""
    tables = enumerate(table_names(weights.config), -1)
    rows: dict[str, NDArray[np.generic]] = {
        "embedding" if layer < 0 else f"deep_embedding{layer}": weights.read(name)[token : token + 1]
        for layer, name in tables
    }
    return {"token": np.array([token], np.int32), **rows}


if __name__ == "__main__":
    run_tool(main)
