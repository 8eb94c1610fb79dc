"""Keeps what the linears of a model are applied to while it reads a text: GPTQ rounds their weights by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from rwkv.layer_walk import walk_layers
from rwkv.quantisation_plan import linears_of
from rwkv.rounded_halves import to_halves
from rwkv.safetensors_writer import write_elements
from rwkv.weight_folder import WeightFolder, block_file


class InputObserver:
    """Writes the inputs of a layer's linears, [tokens, in] each, when it has seen them all."""

    def __init__(self, names: Sequence[str], path: Path) -> None:
        self.rows: dict[str, list[NDArray[np.float16]]] = {name: [] for name in names}
        self.path = path

    def observe(self, values: dict[str, NDArray[np.float32]]) -> None:
        """One token's values."""
        for name, rows in self.rows.items():
            rows.append(to_halves(name, values[name].reshape(1, -1), self.path))

    def finish(self) -> None:
        """Write the file."""
        inputs = {name: np.concatenate(rows) for name, rows in self.rows.items()}
        elements = {name: ("F16", rows.shape) for name, rows in inputs.items()}
        write_elements(self.path, elements, inputs.values())


def collect_inputs(weights: WeightFolder, tokens: Sequence[int], work: Path, output: Path) -> None:
    """Feed `tokens`; a file a layer in `output`. Graphs are written to the empty folder `work`."""

    def watch(layer: int, model: onnx.ModelProto) -> tuple[InputObserver, list[str]]:
        names = list(dict.fromkeys(linear.input for linear in linears_of(model)))
        return InputObserver(names, output / block_file(layer)), names

    walk_layers(weights, tokens, work, watch)
