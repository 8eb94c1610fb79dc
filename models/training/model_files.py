"""What a training run leaves behind: model.safetensors in fp16 and model.json, complete at every moment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

Arrays = dict[str, np.ndarray]


def write_atomically(path: Path, content: bytes) -> None:
    """Readers of `path` see the old content or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


def as_shipped(params: Arrays) -> Arrays:
    """Return the fp16 arrays that the file holds, in a fixed order: equal weights give equal bytes."""
    return {name: np.ascontiguousarray(params[name], np.float16) for name in sorted(params)}


def write_model(path: Path, params: Arrays) -> None:
    """Write fp16 safetensors."""
    write_atomically(path, save(as_shipped(params), {"format": "rwkv"}))


def read_model(path: Path) -> Arrays:
    """Read what write_model wrote, as float32."""
    return {name: array.astype(np.float32) for name, array in load_file(path).items()}


def update_json(path: Path, values: dict[str, Any]) -> None:
    """Set `values` in the JSON object at `path`, keeping its other keys and their order."""
    content = json.loads(path.read_text()) if path.exists() else {}
    write_atomically(path, (json.dumps(content | values, indent=2) + "\n").encode())
