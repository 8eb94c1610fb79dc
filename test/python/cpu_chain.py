"""Runs the chunks of a model one after the other on the CPU, as a runtime does on a device."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray


class CpuChain:
    """Carries the states, from zeros or `initial`; `logits` feeds as many tokens as the graphs take."""

    def __init__(self, graphs: list[Path], initial: Mapping[str, NDArray[np.float32]] | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        # Off, because CPU fusions of QDQ nodes compute something else than they say.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.sessions = [onnxruntime.InferenceSession(path, options) for path in graphs]
        self.halves = [
            {item.name for item in session.get_inputs() if item.type == "tensor(float16)"}
            for session in self.sessions
        ]
        self.states: list[dict[str, NDArray[np.generic]]] = [
            {
                item.name: (initial or {}).get(item.name, np.zeros(item.shape, np.float32))
                for item in session.get_inputs()
                if "state" in item.name
            }
            for session in self.sessions
        ]

    def logits(self, first: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float32]:
        """[V] after the last token, given the `token` or the rows of its tables."""
        logits: NDArray[np.float32] = self.all_logits(first)[0]
        return logits

    def all_logits(self, first: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float32]:
        """[sequences, V]."""
        passed: dict[str, NDArray[np.generic]] = {}
        for index, session in enumerate(self.sessions):
            names = [item.name for item in session.get_outputs()]
            known = {item.name for item in session.get_inputs()}
            given = {name: value for name, value in first.items() if name in known}
            fed = {
                name: value.astype(np.float16) if name in self.halves[index] else value
                for name, value in {**given, **passed, **self.states[index]}.items()
            }
            outputs = dict(zip(names, session.run(None, fed), strict=True))
            self.states[index] = {
                name: outputs[name.removesuffix("_in") + "_out"] for name in self.states[index]
            }
            passed.pop("hidden_in", None)
            for name in ("hidden", "v_first"):
                if f"{name}_out" in outputs:
                    passed[f"{name}_in"] = outputs[f"{name}_out"]
            if "ln_out" in outputs:
                passed = {"ln_out": outputs["ln_out"]}
        return np.asarray(outputs["logits"], np.float32)
