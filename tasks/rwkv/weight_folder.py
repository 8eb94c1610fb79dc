"""A folder of weights as `write_weights.py` made it: `config.json`, one `.safetensors` file per part.

Files are opened only when a tensor of theirs is asked for, so a folder with just the layers of one chunk will
do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rwkv.model_config import ModelConfig, read_config
from rwkv.number_formats import Float32Array
from rwkv.safetensors_reader import SafetensorsFile
from rwkv.tool_failure import InputError

CONFIG_FILE = "config.json"
EMBEDDING_FILE = "embedding.safetensors"
HEAD_FILE = "head.safetensors"
BLOCK_NAME = re.compile(r"blocks\.(\d+)\.")


def block_file(layer: int) -> str:
    """The name of the file with the weights of a layer, counted from 0."""
    return f"block-{layer:02}.safetensors"


def file_of(name: str) -> str:
    """The file in which a stored tensor lies. Tables have one each: a graph may do without them."""
    if block := BLOCK_NAME.match(name):
        layer = int(block[1])
        return f"deep-embedding-{layer:02}.safetensors" if ".s_emb." in name else block_file(layer)
    return EMBEDDING_FILE if name.startswith("emb.") else HEAD_FILE


@dataclass(frozen=True)
class Place:
    """Where a stored fp32 tensor is: file name in the folder, offset from the file's beginning, shape."""

    file: str
    offset: int
    shape: tuple[int, ...]


class WeightFolder:
    """Reads tensors by their stored names."""

    def __init__(self, path: Path) -> None:
        """Raises `InputError` when the folder has no configuration of this format."""
        self.path = path
        if not (path / CONFIG_FILE).is_file():
            raise InputError(
                path, f"has no {CONFIG_FILE}: not a folder of weights", "make it with write_weights.py"
            )
        self.config: ModelConfig = read_config(path / CONFIG_FILE)
        self._files: dict[str, SafetensorsFile] = {}

    def locate(self, name: str) -> Place:
        """Where the tensor is; raises `InputError` when its file or the tensor in it is missing."""
        file = self.open(name)
        return Place(file_of(name), file.offset(name), file.shape(name))

    def read(self, name: str) -> Float32Array:
        """The tensor, as a view of the file."""
        return self.open(name).read(name)

    def open(self, name: str) -> SafetensorsFile:
        """The file that holds the tensor `name`."""
        file_name = file_of(name)
        if file_name not in self._files:
            self._files[file_name] = SafetensorsFile(self.path / file_name)
        file = self._files[file_name]
        if name not in file.names():
            raise InputError(
                file.path, f"the tensor {name} is missing", "make the folder again with write_weights.py"
            )
        return file
