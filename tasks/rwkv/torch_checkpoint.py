"""Reads `.pth` checkpoints without torch: a zip of one pickle and one uncompressed entry per storage.

Layout: `<name>/data.pkl` describes the tensors, `<name>/data/<key>` holds the bytes of a storage, and
`<name>/byteorder` says `little` in newer files.
"""

from __future__ import annotations

import mmap
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rwkv.inert_pickle import StoredTensor, load_tensor_table
from rwkv.number_formats import Float32Array
from rwkv.tool_failure import InputError

LARGEST_PICKLE = 64 << 20  # real ones take some hundred bytes a tensor
LOCAL_HEADER = 30
LOCAL_MAGIC = b"PK\x03\x04"
DOWNLOAD_AGAIN = "download or copy the file again; its size or checksum will differ from the original's"


class TorchCheckpoint:
    """An open `.pth` file. Storages are read from a memory map when a tensor is asked for."""

    def __init__(self, path: Path) -> None:
        """Raises `InputError` when the file is damaged or its pickle names something forbidden."""
        self.path = path
        self._checked: set[str] = set()
        with path.open("rb") as file:
            if file.read(len(LOCAL_MAGIC)) != LOCAL_MAGIC:
                raise InputError(
                    path,
                    "not a zip: neither a .safetensors file nor a checkpoint that PyTorch 1.6 or newer saved",
                    "give the .pth as downloaded; load and save an older one once with a current PyTorch",
                )
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            with zipfile.ZipFile(path) as archive:
                self._members = {member.filename: member for member in archive.infolist()}
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
            raise self.broken(
                "truncated or damaged: there is no readable zip directory at its end"
            ) from error
        self._folder = self.find_folder()
        if self._members.get(f"{self._folder}byteorder") and self.entry("byteorder").strip() != b"little":
            raise InputError(path, "its numbers are not little-endian", "save it on a little-endian machine")
        self._tensors = load_tensor_table(path, self.entry("data.pkl", LARGEST_PICKLE))

    def names(self) -> list[str]:
        """The tensors' names, in the order they were saved."""
        return list(self._tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """The stored shape of a tensor that exists."""
        return self._tensors[name].shape

    def read(self, name: str) -> Float32Array:
        """A tensor that exists, as fp32 in its stored shape."""
        return self._tensors[name].format.widen(self.raw(name))

    def read_rows(self, name: str, first: int, last: int) -> Float32Array:
        """Rows `first` to `last` - 1 of a tensor that exists, as `read` gives them."""
        return self._tensors[name].format.widen(self.raw(name)[first:last])

    def raw(self, name: str) -> NDArray[np.generic]:
        """The stored numbers of a tensor that exists, as a view of the file.

        What was read before stays on disk alone: a view of it that is still used is read again.
        """
        tensor = self._tensors[name]
        self._bytes.madvise(mmap.MADV_DONTNEED)
        begin = self.locate_storage(name, tensor)
        storage = np.frombuffer(self._bytes, tensor.format.raw, tensor.storage_count, begin)
        strides = [stride * tensor.format.size for stride in tensor.strides]
        return np.lib.stride_tricks.as_strided(
            storage[tensor.offset :], tensor.shape, strides, writeable=False
        )

    def broken(self, cause: str) -> InputError:
        """The error for a file that is damaged."""
        return InputError(self.path, cause, DOWNLOAD_AGAIN)

    def find_folder(self) -> str:
        """The name that every entry begins with, slash included."""
        pickles = [name for name in self._members if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise InputError(
                self.path,
                f"the zip holds {len(pickles)} entries data.pkl instead of one",
                "give a checkpoint of weights",
            )
        return pickles[0].removesuffix("data.pkl")

    def entry(self, name: str, largest: int = 4096) -> bytes:
        """The bytes of a small entry, checked."""
        begin, size = self.locate_entry(name)
        if size > largest:
            raise self.broken(f"its entry {name} has {size} bytes, more than any real one")
        return self._bytes[begin : begin + size]

    def locate_storage(self, name: str, tensor: StoredTensor) -> int:
        """Where the storage of the tensor `name` begins in the file; its size and checksum are checked."""
        entry = f"data/{tensor.key}"
        if self._folder + entry not in self._members:
            raise self.broken(f"the entry {entry} is missing, which holds {name}")
        begin, size = self.locate_entry(entry)
        wanted = tensor.storage_count * tensor.format.size
        if size != wanted:
            raise self.broken(f"the entry {entry} of {name} has {size} bytes instead of {wanted}")
        return begin

    def locate_entry(self, name: str) -> tuple[int, int]:
        """(offset in the file, bytes) of an entry that exists. The directory's word is checked against the
        file.
        """
        member = self._members[self._folder + name]
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise InputError(
                self.path, f"its entry {name} is compressed", "give the checkpoint as PyTorch saved it"
            )
        header = self._bytes[member.header_offset : member.header_offset + LOCAL_HEADER]
        if len(header) < LOCAL_HEADER or not header.startswith(LOCAL_MAGIC):
            raise self.broken(f"there is no entry where the zip directory puts {name}")
        name_and_extra = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        begin = member.header_offset + LOCAL_HEADER + name_and_extra
        if begin + member.file_size > len(self._bytes):
            raise self.broken(f"truncated: its entry {name} ends beyond the end of the file")
        if member.filename not in self._checked:
            with (
                memoryview(self._bytes) as everything,
                everything[begin : begin + member.file_size] as content,
            ):
                if zlib.crc32(content) != member.CRC:
                    raise self.broken(f"its entry {name} is damaged: the checksum differs")
            self._checked.add(member.filename)
        return begin, member.file_size
