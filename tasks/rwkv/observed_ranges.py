"""Runs the whole model on the CPU over a text and notes what its tensors range over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_token
from rwkv.file_links import link_file
from rwkv.tensor_encodings import Range, encoding_key
from rwkv.tuned_state import graph_states
from rwkv.weight_folder import WeightFolder


def observe_ranges(weights: WeightFolder, tokens: Sequence[int], work: Path) -> dict[str, Range]:
    """Feed `tokens`, carrying the states; the range of every computed tensor and of the embedding, by key.

    The model is one graph here, whatever the chunks will be, so its tensors have their global names. The
    graph is written to the empty folder `work`, with links to the weights.
    """
    graph = build_from_token(weights, ChunkSpan(1, 1, 0, weights.config.layers))
    for file in graph.files():
        link_file(weights.path / file, work / file)
    model = graph.model()
    observed = computed_tensors(model)
    session = open_session(model, observed, work / "graph.onnx")
    shapes = {item.name: tuple(item.shape) for item in session.get_inputs() if item.name != "token"}
    inputs = graph_states(weights, shapes)
    lows, highs = np.zeros(len(observed)), np.zeros(len(observed))
    for token in tokens:
        values: list[NDArray[np.float32]] = session.run(
            observed, {"token": np.array([token], np.int32), **inputs}
        )
        lows = np.minimum(lows, [value.min() for value in values])
        highs = np.maximum(highs, [value.max() for value in values])
        outputs = dict(zip(observed, values, strict=True))
        inputs = {name: outputs[name.removesuffix("_in") + "_out"] for name in inputs}
    ranges = {
        encoding_key(name, 0): Range(float(low), float(high))
        for name, low, high in zip(observed, lows, highs, strict=True)
    }
    table = weights.read("emb.weight")  # all of it: the text need not hold every token
    return ranges | {"emb": Range(float(table.min()), float(table.max()))}


def computed_tensors(model: onnx.ModelProto) -> list[str]:
    """What the nodes write, in the graph's order, but not the same values in another shape."""
    return [node.output[0] for node in model.graph.node if node.op_type != "Reshape"]


def open_session(model: onnx.ModelProto, observed: list[str], path: Path) -> onnxruntime.InferenceSession:
    """A CPU session that also gives out the observed tensors; the model is written to `path`."""
    given = {item.name for item in model.graph.output}
    for name in observed:
        if name not in given:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    # One thread: the order of additions, and so the last bits, must not depend on the machine's cores.
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    path.write_bytes(model.SerializeToString())
    return onnxruntime.InferenceSession(path, options)
