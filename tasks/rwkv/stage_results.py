"""What a stage said of a text: the folder that `run_on_cpu.py` and `run_on_htp.py` write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rwkv.number_formats import FP32, Float32Array
from rwkv.tool_failure import InputError


@dataclass(frozen=True)
class StageResults:
    """Raw files are mapped, not read: a probed layer of a large model does not have to fit in memory."""

    logits: Float32Array  # [T, V]
    probes: dict[str, Float32Array]  # [T, elements] each, by `tensor_key`, in the order of the graph
    names: dict[str, str]  # as the graph has them, by `tensor_key`

    @staticmethod
    def read(folder: Path) -> StageResults:
        """Raises `InputError` when the files do not fit together."""
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        tokens = int(run["tokens"])
        sizes = [(str(probe["name"]), int(probe["elements"])) for probe in run["probes"]]
        rows = map_rows(folder / "probes.f32", tokens)
        if rows.shape[1] != sum(size for _, size in sizes):
            raise InputError(folder, "holds probes of another run", "run the stage again")
        probes, at = {}, 0
        for name, size in sizes:
            probes[tensor_key(name)] = rows[:, at : at + size]
            at += size
        names = {tensor_key(name): name for name, _ in sizes}
        return StageResults(map_rows(folder / "logits.f32", tokens), probes, names)


def tensor_key(name: str) -> str:
    """A tensor's name as contexts have it, which is without dots."""
    return name.replace(".", "_")


def map_rows(path: Path, rows: int) -> Float32Array:
    """A raw file of fp32 rows, [rows, …]; raises `InputError` when its size is that of no such file."""
    size = path.stat().st_size
    if size % (rows * FP32.size) != 0:
        raise InputError(path, f"{size} bytes are no {rows} rows", "run the stage again")
    if size == 0:
        return np.zeros((rows, 0), np.float32)
    return np.memmap(path, FP32.raw, "r").reshape(rows, -1)


def relative_error(reference: Float32Array, found: Float32Array) -> float:
    """‖found − reference‖ / ‖reference‖ over all tokens and elements; not finite when `found` is not."""
    difference = np.linalg.norm((found - reference).astype(np.float64))
    norm = np.linalg.norm(reference.astype(np.float64))
    return float(difference / norm) if norm > 0 else float(difference)
