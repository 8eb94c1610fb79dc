"""Reads `.safetensors` files lazily: u64 header length, JSON header, then the tensors' bytes.

Nothing in the header is believed: a wrong length, offset, shape or type is an `InputError` and never a crash.
"""

from __future__ import annotations

import json
import math
import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import BF16, FP16, FP32, Float32Array, NumberFormat
from rwkv.tool_failure import InputError

FORMATS = {"F32": FP32, "F16": FP16, "BF16": BF16}
LENGTH_FIELD = 8
LARGEST_HEADER = 100_000_000  # the limit of the format's own reference implementation
DOWNLOAD_AGAIN = "download or copy the file again; its size or checksum will differ from the original's"


@dataclass(frozen=True)
class Entry:
    """One tensor: where its bytes are in the file."""

    format: NumberFormat | None
    format_name: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsFile:
    """An open `.safetensors` file. Tensors are read from a memory map when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises `InputError` when the header or any offset in it is wrong."""
        self.path = path
        size = path.stat().st_size
        if size < LENGTH_FIELD:
            raise self.broken(f"{size} bytes are too few for a safetensors file")
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header_length = int.from_bytes(self._bytes[:LENGTH_FIELD], "little")
        self._data = LENGTH_FIELD + header_length
        if header_length > LARGEST_HEADER:
            raise self.broken(
                f"the first 8 bytes give a header of {header_length} bytes: not a safetensors file"
            )
        if self._data > size:
            raise self.broken(f"truncated: the header needs {self._data} bytes, the file has {size}")
        self._entries = self.parse_header(self._bytes[LENGTH_FIELD : self._data], size)

    def names(self) -> list[str]:
        """The tensors' names, in the order of the header."""
        return list(self._entries)

    def shape(self, name: str) -> tuple[int, ...]:
        """The stored shape of a tensor that exists."""
        return self._entries[name].shape

    def offset(self, name: str) -> int:
        """Where the tensor's first byte is, counted from the beginning of the file."""
        return self._data + self._entries[name].begin

    def size(self, name: str) -> int:
        """How many bytes the tensor takes."""
        entry = self._entries[name]
        return entry.end - entry.begin

    def format_name(self, name: str) -> str:
        """The element type as the file names it."""
        return self._entries[name].format_name

    def read(self, name: str) -> Float32Array:
        """A tensor that exists, as fp32 in its stored shape. An fp32 tensor is a view of the file."""
        number_format = self.format_of(name)
        raw = self.raw(name)
        return raw.view(np.float32) if number_format is FP32 else number_format.widen(raw)

    def read_rows(self, name: str, first: int, last: int) -> Float32Array:
        """Rows `first` to `last` - 1 of a tensor that exists, as `read` gives them."""
        return self.format_of(name).widen(self.raw(name)[first:last])

    def raw(self, name: str) -> NDArray[np.generic]:
        """The stored numbers of a tensor that exists, as a view of the file.

        What was read before stays on disk alone: a view of it that is still used is read again.
        """
        entry, number_format = self._entries[name], self.format_of(name)
        self._bytes.madvise(mmap.MADV_DONTNEED)
        begin = self._data + entry.begin
        values = np.frombuffer(self._bytes, number_format.raw, math.prod(entry.shape), begin)
        return values.reshape(entry.shape)

    def format_of(self, name: str) -> NumberFormat:
        """The format of a tensor that exists; raises `InputError` when it is none that can be read."""
        entry = self._entries[name]
        if entry.format is not None:
            return entry.format
        raise InputError(
            self.path,
            f"{name} is stored as {entry.format_name}; {', '.join(FORMATS)} are supported",
            "convert the weights to bf16",
        )

    def broken(self, cause: str) -> InputError:
        """The error for a file that is damaged."""
        return InputError(self.path, cause, DOWNLOAD_AGAIN)

    def parse_header(self, text: bytes, size: int) -> dict[str, Entry]:
        """Every tensor of the header, checked against the file's size and against each other."""
        try:
            header = json.loads(text, object_pairs_hook=unique_keys)
        except RepeatedKeyError as error:
            raise self.broken(f"{error} is twice in the header") from error
        except (ValueError, RecursionError) as error:
            raise self.broken(f"the header is not JSON ({error})") from error
        if not isinstance(header, dict):
            raise self.broken("the header is not a JSON object")
        header.pop("__metadata__", None)
        entries = {name: self.parse_entry(name, fields, size - self._data) for name, fields in header.items()}
        last_name, last_end = "", 0
        for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
            if entry.begin < last_end:
                raise self.broken(f"{name} and {last_name} overlap")
            last_name, last_end = name, entry.end
        return entries

    def parse_entry(self, name: str, fields: object, data_size: int) -> Entry:
        """One checked entry; offsets are relative to the end of the header."""
        if not isinstance(fields, dict):
            raise self.broken(f"the header's entry for {name} is not an object")
        shape = self.sizes(name, "shape", fields.get("shape"))
        offsets = self.sizes(name, "data_offsets", fields.get("data_offsets"))
        if len(offsets) != 2 or offsets[0] > offsets[1]:
            raise self.broken(f"{name}: data_offsets {list(offsets)} are not a beginning and an end")
        begin, end = offsets
        if end > data_size:
            raise self.broken(f"truncated: {name} ends at byte {end} of the data, the file has {data_size}")
        format_name = str(fields.get("dtype"))
        number_format = FORMATS.get(format_name)
        if number_format is not None and math.prod(shape) * number_format.size != end - begin:
            raise self.broken(f"{name}: {format_name} {list(shape)} does not take {end - begin} bytes")
        return Entry(number_format, format_name, shape, begin, end)

    def sizes(self, name: str, field: str, value: object) -> tuple[int, ...]:
        """A JSON list of non-negative integers (a boolean is none)."""
        if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 2**63 for item in value):
            raise self.broken(f"{name}: {field} is {value!r}, not a list of sizes")
        return tuple(value)


class RepeatedKeyError(ValueError):
    """A JSON object has a key twice."""


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object, refused when a key is given twice: readers would differ about which one counts."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKeyError(repr(key))
        found[key] = value
    return found
