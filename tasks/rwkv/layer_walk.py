"""Runs a model on the CPU over a text, layer by layer: one layer's weights are in memory at a time.

Each layer is a chunk of its own, which is fed what the one before it gave out for every token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from rwkv.chunk_span import ChunkSpan
from rwkv.decode_graph import build_from_token
from rwkv.file_links import link_file
from rwkv.tuned_state import graph_states
from rwkv.weight_folder import WeightFolder

Array = NDArray[np.generic]
Passed = dict[str, list[Array]]


class Observer(Protocol):
    """Looks at the values of one layer, token by token."""

    def observe(self, values: dict[str, NDArray[np.float32]]) -> None:
        """The values for one token, by tensor name."""

    def finish(self) -> None:
        """The layer has seen all tokens."""


# What looks at a layer, given its number and its graph; and the tensors that it wants to see.
Watch = Callable[[int, onnx.ModelProto], tuple[Observer, list[str]]]


@dataclass(frozen=True)
class Ends:
    """Of a layer's graph: what it gives out, what is looked at, and its states before the first token."""

    outputs: list[str]
    observed: list[str]
    states: dict[str, NDArray[np.float32]]


def walk_layers(weights: WeightFolder, tokens: Sequence[int], work: Path, watch: Watch) -> None:
    """Feed `tokens` to one layer after another. Graphs are written to the empty folder `work`."""
    layers = weights.config.layers
    passed: Passed = {"token": [np.array([token], np.int32) for token in tokens]}
    for layer in range(layers):
        graph = build_from_token(weights, ChunkSpan(layer + 1, layers, layer, layer + 1))
        for file in graph.files():
            link_file(weights.path / file, work / file)
        model = graph.model()
        outputs = [item.name for item in model.graph.output]
        observer, observed = watch(layer, model)
        session = open_session(model, observed, work / "graph.onnx")
        shapes = {item.name: tuple(item.shape) for item in session.get_inputs() if item.name not in passed}
        ends = Ends(outputs, observed, graph_states(weights, shapes))
        passed |= run_layer(session, ends, passed, observer)
        observer.finish()
        for file in graph.files():
            (work / file).unlink()


def run_layer(
    session: onnxruntime.InferenceSession, layer: Ends, passed: Passed, observer: Observer
) -> Passed:
    """All tokens through one layer, carrying its states; what it passes on, under the name it is taken by."""
    taken = [item for item in session.get_inputs() if item.name in passed]
    states: dict[str, NDArray[np.float32]] = layer.states
    wanted = list(dict.fromkeys([*layer.outputs, *layer.observed]))
    ends = {name: name.removesuffix("_out") + "_in" for name in layer.outputs if name.endswith("_out")}
    given: Passed = {taken_as: [] for taken_as in ends.values() if taken_as not in states}
    for index in range(len(passed["token"])):
        feed = {item.name: passed[item.name][index] for item in taken}
        values = dict(zip(wanted, session.run(wanted, {**feed, **states}), strict=True))
        observer.observe(values)
        states = {name: values[ending(name)] for name in states}
        for name, taken_as in ends.items():
            if taken_as in given:
                given[taken_as].append(values[name])
    return given


def ending(state: str) -> str:
    """The output that a state's input becomes."""
    return state.removesuffix("_in") + "_out"


def open_session(model: onnx.ModelProto, observed: list[str], path: Path) -> onnxruntime.InferenceSession:
    """A CPU session that also gives out the observed tensors; the model is written to `path`."""
    given = {item.name for item in (*model.graph.output, *model.graph.input)}
    for name in observed:
        if name not in given:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    # One thread: the order of additions, and so the last bits, must not depend on the machine's cores.
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    path.write_bytes(model.SerializeToString())
    return onnxruntime.InferenceSession(path, options)
