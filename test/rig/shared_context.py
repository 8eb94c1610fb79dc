"""Compiles DLCs into one context whose graphs share their weights: shared_context.py QNN_LIBS OUTPUT DLC…

`qnn-context` makes contexts of one DLC, so this calls QNN's libraries itself. Function tables, sizes and
options are those of `runtime-native/src/qnn_functions.hpp` and `qnn_abi.hpp`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import addressof
from pathlib import Path

U32, U64, POINTER = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p
SM8650 = 57
DEVICE_SOC, CONTEXT_WEIGHT_SHARING = 0, 1


class Table(ctypes.Structure):
    """QNN's interface, which is passed by value."""

    _fields_ = (("bytes", ctypes.c_uint8 * 640),)


class Custom(ctypes.Structure):
    """An option of the HTP with its value, and room for the largest one."""

    _fields_ = (("option", U32), ("value", U64 * 2))


class Config(ctypes.Structure):
    """An entry of a list of options; 0 is custom."""

    _fields_ = (("option", U32), ("custom", POINTER))


class Library:
    """The first provider of a QNN library, and calls by their place in its table."""

    def __init__(self, path: Path, function: str, table_offset: int) -> None:
        records, count = ctypes.POINTER(POINTER)(), U32()
        getattr(ctypes.CDLL(str(path)), function)(ctypes.byref(records), ctypes.byref(count))
        self.record = records[0]
        self.table = ctypes.cast(self.record + table_offset, ctypes.POINTER(POINTER))

    def call(self, index: int, types: tuple[type, ...], *arguments: object) -> None:
        """Call a function that returns 0 when all is well."""
        error = ctypes.CFUNCTYPE(U64, *types)(self.table[index])(*arguments)
        if error != 0:
            sys.exit(f"function {index} failed with {error}")


def main(libraries: Path, output: Path, dlcs: list[str]) -> None:
    """Compose, finalize and serialise."""
    htp = Library(libraries / "libQnnHtp.so", "QnnInterface_getProviders", 40)
    system = Library(libraries / "libQnnSystem.so", "QnnSystemInterface_getProviders", 32)
    backend, device, context = POINTER(), POINTER(), POINTER()
    three = (POINTER, POINTER, POINTER)
    htp.call(1, three, None, None, addressof(backend))
    soc = Custom(DEVICE_SOC, (U64 * 2)(SM8650, 0))
    soc_config = Config(0, addressof(soc))
    htp.call(40, three, None, addressof((POINTER * 2)(addressof(soc_config), None)), addressof(device))
    sharing = Custom(CONTEXT_WEIGHT_SHARING, (U64 * 2)(1, 0))
    sharing_config = Config(0, addressof(sharing))
    options = (POINTER * 2)(addressof(sharing_config), None)
    htp.call(9, (POINTER, *three), backend, device, addressof(options), addressof(context))
    table = ctypes.cast(htp.record, ctypes.POINTER(Table)).contents
    for path in dlcs:
        dlc, graphs, count, graph = POINTER(), POINTER(), U32(), POINTER()
        system.call(8, (POINTER, ctypes.c_char_p, POINTER), None, path.encode(), addressof(dlc))
        compose = (POINTER, POINTER, U32, POINTER, POINTER, Table, U32, POINTER, POINTER)
        into = (backend, context, table, 1, addressof(graphs), addressof(count))
        system.call(10, compose, dlc, None, 0, *into)
        name = ctypes.cast((graphs.value or 0) + 8, ctypes.POINTER(ctypes.c_char_p))[0]
        htp.call(20, (POINTER, ctypes.c_char_p, POINTER), context, name, addressof(graph))
        htp.call(19, three, graph, None, None)
    size, written = U64(), U64()
    htp.call(11, (POINTER, POINTER), context, addressof(size))
    binary = (ctypes.c_uint8 * size.value)()
    htp.call(12, (POINTER, POINTER, U64, POINTER), context, addressof(binary), size, addressof(written))
    output.write_bytes(bytes(binary)[: written.value])
    os._exit(0)  # the libraries' own destructors are none of this


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
