"""Unpickles what `torch.save` writes for a dictionary of tensors, and can do nothing else.

A pickle is a program that may call any function it names. Here it can name only the few things below, each of
them replaced by something inert; any other name is refused before anything is called. Tensors come out as
descriptions of where their bytes lie. Format: the pickle of `torch.save` refers to storages by the persistent
id `("storage", <class>, key, location, number of elements)` and rebuilds tensors by
`torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`.
"""

from __future__ import annotations

import collections
import io
import math
import pickle
import pickletools
import reprlib
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import TypeIs

from rwkv.number_formats import BF16, FP16, FP32, NumberFormat
from rwkv.tool_failure import InputError

STORAGE_FORMATS = {"FloatStorage": FP32, "HalfStorage": FP16, "BFloat16Storage": BF16}
CORRUPT = "download or copy the file again; its checksum will differ from the original's"


@dataclass(frozen=True)
class StoredTensor:
    """A strided view (in elements) of the storage `key`, which holds `storage_count` elements."""

    key: str
    format: NumberFormat
    storage_count: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Storage:
    """What a persistent id stands for."""

    key: str
    format: NumberFormat
    count: int


class MalformedPickleError(ValueError):
    """The pickle is well formed but describes an impossible tensor."""


def load_tensor_table(path: Path, text: bytes) -> dict[str, StoredTensor]:
    """The tensors by name that the checkpoint's pickle `text` describes. Runs no code of the file's."""
    try:
        check_memo(text)
        table = InertUnpickler(path, text).load()
    except InputError:
        raise
    except MalformedPickleError as error:
        raise InputError(path, str(error), CORRUPT) from error
    except Exception as error:  # a damaged pickle makes the unpickler raise nearly anything
        raise InputError(
            path, f"the pickle in it is damaged ({type(error).__name__}: {error})", CORRUPT
        ) from error
    if not isinstance(table, dict):
        raise InputError(
            path, f"holds a {type(table).__name__}, not a dictionary of tensors", "save a state_dict"
        )
    for name, tensor in dict.items(table):  # an attribute of the object itself could shadow its method
        if not isinstance(name, str) or not isinstance(tensor, StoredTensor):
            kind = type(tensor).__name__
            raise InputError(
                path,
                f"entry {reprlib.repr(name)} is a {kind}, not a tensor",
                "save the plain weights, not a trainer's state",
            )
    return table


def check_memo(text: bytes) -> None:
    """Refuse memo numbers beyond the pickle's length: the unpickler would allocate an array for them."""
    for opcode, argument, _ in pickletools.genops(text):
        if opcode.name in {"PUT", "BINPUT", "LONG_BINPUT"} and int(str(argument)) > len(text):
            raise MalformedPickleError(f"the pickle in it is damaged (memo number {argument})")


class InertUnpickler(pickle.Unpickler):
    """Knows three kinds of names and refuses the rest by name."""

    def __init__(self, path: Path, text: bytes) -> None:
        super().__init__(io.BytesIO(text))
        self.path = path

    def find_class(self, module: str, name: str) -> object:
        """What a global in the pickle becomes; raises `InputError` for all that is not on the list."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return describe_tensor
        if module == "torch" and name in STORAGE_FORMATS:
            return STORAGE_FORMATS[name]
        raise self.refusal(module, name)

    def refusal(self, module: str, name: str) -> InputError:
        """The error that says which name was refused. Nothing has been called."""
        if module == "torch" and name.endswith("Storage"):
            cause = f"holds a torch.{name}; supported are {', '.join(STORAGE_FORMATS)}"
            return InputError(self.path, cause, "convert the weights to bf16")
        return InputError(
            self.path,
            f"refused: the pickle in it asks for {module}.{name}, which no weights need; nothing was run",
            "do not load this file elsewhere; get the weights from their author, as .safetensors if possible",
        )

    def persistent_load(self, pid: object) -> Storage:
        """The storage that a persistent id describes."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise MalformedPickleError(f"unknown persistent id {reprlib.repr(pid)}")
        _, number_format, key, _, count = pid
        if not isinstance(number_format, NumberFormat) or not isinstance(key, str) or not is_size(count):
            raise MalformedPickleError(f"unknown storage {reprlib.repr(pid)}")
        return Storage(key, number_format, count)


def describe_tensor(
    storage: object, offset: object, shape: object, strides: object, *_gradient_and_hooks: object
) -> StoredTensor:
    """Stands in for `torch._utils._rebuild_tensor_v2`; checks that the view stays inside its storage."""
    if not isinstance(storage, Storage) or not is_size(offset):
        raise MalformedPickleError("a tensor is built from something that is not a storage")
    if not is_sizes(shape) or not is_sizes(strides) or len(shape) != len(strides):
        raise MalformedPickleError(
            f"a tensor of storage {storage.key} has shape {reprlib.repr(shape)}"
            f" and strides {reprlib.repr(strides)}"
        )
    if math.prod(shape) > storage.count:
        raise MalformedPickleError(
            f"storage {storage.key} has {storage.count} elements, too few for the shape {list(shape)}"
        )
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if math.prod(shape) and last >= storage.count:
        raise MalformedPickleError(
            f"a tensor of shape {list(shape)} with strides {list(strides)} at offset {offset} leaves"
            f" its storage {storage.key} of {storage.count} elements"
        )
    return StoredTensor(storage.key, storage.format, storage.count, offset, shape, strides)


def is_size(value: object) -> TypeIs[int]:
    """A non-negative integer that fits a file offset."""
    return type(value) is int and 0 <= value < 2**48


def is_sizes(value: object) -> TypeIs[tuple[int, ...]]:
    """A tuple of sizes."""
    return isinstance(value, tuple) and all(is_size(item) for item in value)
