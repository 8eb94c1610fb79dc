"""Writes checkpoints for tests without torch: `.safetensors`, and `.pth` by a minimal pickle assembler."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STORAGES = {"float32": "FloatStorage", "float16": "HalfStorage", "uint16": "BFloat16Storage"}
SAFE_NAMES = {"float32": "F32", "float16": "F16", "uint16": "BF16"}


def to_bf16(tensor: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The upper halves of fp32 numbers (rounded towards zero), as uint16: numpy has no bf16."""
    return (np.ascontiguousarray(tensor).view(np.uint32) >> np.uint32(16)).astype(np.uint16)


def write_safetensors_file(path: Path, tensors: dict[str, NDArray[np.generic]]) -> None:
    """As other tools write it: no alignment, names in the given order."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, tensor in tensors.items():
        offsets = [len(data), len(data) + tensor.nbytes]
        header[name] = {
            "dtype": SAFE_NAMES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": offsets,
        }
        data += tensor.tobytes()
    write_safetensors_parts(path, json.dumps(header).encode(), data)


def write_safetensors_parts(path: Path, header: bytes, data: bytes) -> None:
    """Any header and data, so that damaged files can be written too."""
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


class PickleAssembler:
    """Just the opcodes of protocol 2 that a saved dictionary of tensors needs."""

    def __init__(self) -> None:
        self.code = b"\x80\x02"

    def text(self, value: str) -> None:
        self.code += b"X" + struct.pack("<I", len(value.encode())) + value.encode()

    def integer(self, value: int) -> None:
        self.code += b"J" + struct.pack("<i", value)

    def name(self, module: str, name: str) -> None:
        self.code += f"c{module}\n{name}\n".encode()

    def sizes(self, values: tuple[int, ...]) -> None:
        self.code += b"("
        for value in values:
            self.integer(value)
        self.code += b"t"

    def tensor(
        self, key: str, storage: str, count: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        """_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())."""
        self.name("torch._utils", "_rebuild_tensor_v2")
        self.code += b"(("
        self.text("storage")
        self.name("torch", storage)
        self.text(key)
        self.text("cpu")
        self.integer(count)
        self.code += b"tQ"
        self.integer(0)
        self.sizes(shape)
        self.sizes(strides)
        self.code += b"\x89"
        self.name("collections", "OrderedDict")
        self.code += b")RtR"


def write_pth(path: Path, tensors: dict[str, NDArray[np.generic]]) -> None:
    """A checkpoint as torch.save lays it out; uint16 stands for bf16."""
    pickle = PickleAssembler()
    pickle.code += b"}("
    for key, (name, tensor) in enumerate(tensors.items()):
        strides = tuple(stride // tensor.itemsize for stride in tensor.strides)
        pickle.text(name)
        pickle.tensor(str(key), STORAGES[tensor.dtype.name], tensor.size, tensor.shape, strides)
    pickle.code += b"u."
    storages = {str(key): tensor.ravel("K").tobytes() for key, tensor in enumerate(tensors.values())}
    write_pth_parts(path, pickle.code, storages)


def write_pth_parts(path: Path, pickle: bytes, storages: dict[str, bytes]) -> None:
    """The zip of a checkpoint around any pickle and storages."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("model/data.pkl", pickle)
        archive.writestr("model/byteorder", "little")
        for key, content in storages.items():
            archive.writestr(f"model/data/{key}", content)
        archive.writestr("model/version", "3\n")
