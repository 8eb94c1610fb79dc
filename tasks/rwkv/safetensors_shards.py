"""A checkpoint in several `.safetensors` files, by the index that lists which file has which tensor.

The index is JSON: `{"metadata": {…}, "weight_map": {"emb.weight": "model-00001-of-00002.safetensors", …}}`,
as Hugging Face's tools write it beside the files. Nothing in it is believed that the files do not bear out.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from rwkv.number_formats import Float32Array
from rwkv.safetensors_reader import RepeatedKeyError, SafetensorsFile, unique_keys
from rwkv.tool_failure import InputError

INDEX_SUFFIX = ".index.json"
ALL_FILES = "download all files of the checkpoint into one folder again"


class SafetensorsShards:
    """Tensors of all the files, by name; each file is opened once."""

    def __init__(self, index: Path) -> None:
        """Raises `InputError` when the index or one of its files is missing, damaged or of another model."""
        self.path = index
        self._file_of = read_weight_map(index)
        self._files = {name: self.open_shard(name) for name in sorted(set(self._file_of.values()))}
        for tensor, name in self._file_of.items():
            if tensor not in self._files[name].names():
                raise InputError(index, f"says that {tensor} is in {name}, which does not have it", ALL_FILES)

    def names(self) -> list[str]:
        """The tensors' names, in the order of the index."""
        return list(self._file_of)

    def shape(self, name: str) -> tuple[int, ...]:
        """The stored shape of a tensor that exists."""
        return self.file_of(name).shape(name)

    def read(self, name: str) -> Float32Array:
        """A tensor that exists, as fp32 in its stored shape."""
        return self.file_of(name).read(name)

    def read_rows(self, name: str, first: int, last: int) -> Float32Array:
        """Some rows of a tensor that exists, as `SafetensorsFile.read_rows` gives them."""
        return self.file_of(name).read_rows(name, first, last)

    def file_of(self, name: str) -> SafetensorsFile:
        """The file that has a tensor of the index."""
        return self._files[self._file_of[name]]

    def open_shard(self, name: str) -> SafetensorsFile:
        """A file of the index."""
        path = self.path.parent / name
        if not path.is_file():
            raise InputError(self.path, f"names {name}, which is not beside it", ALL_FILES)
        return SafetensorsFile(path)


def read_weight_map(index: Path) -> dict[str, str]:
    """The file name of each tensor; a name that leads out of the index's folder is refused."""
    try:
        content = json.loads(index.read_text(encoding="utf-8"), object_pairs_hook=unique_keys)
        weight_map = content["weight_map"]
    except RepeatedKeyError as error:
        raise InputError(index, f"{error} is twice in it", ALL_FILES) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(
            index, f"not an index of safetensors files ({type(error).__name__}: {error})", ALL_FILES
        ) from error
    if not isinstance(weight_map, dict) or not weight_map:
        raise InputError(index, "its weight_map lists no tensors", ALL_FILES)
    for tensor, name in weight_map.items():
        if not isinstance(name, str) or name in {"", ".", ".."} or PurePosixPath(name).name != name:
            raise InputError(index, f"{tensor} is said to be in {name!r}, which is no file name", ALL_FILES)
    return weight_map
