"""Makes a float graph one in fp16, which is what the HTP computes in: half the DLC, half the memory."""

from __future__ import annotations

import errno
import math
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import onnx
from onnx import TensorProto, numpy_helper

from rwkv.external_tensors import FilePart, external_file, external_pieces, external_tensor, is_external
from rwkv.float_ends import retyped
from rwkv.number_formats import FP16
from rwkv.rounded_halves import to_halves
from rwkv.weight_part import WeightParts

HALVES_FILE = "halves.bin"
# The conversion waits for them, and nothing else of its build may be left to run.
TENSORS_AT_A_TIME = 2


def store_halves(model: onnx.ModelProto, folder: Path, parts: WeightParts) -> onnx.ModelProto:
    """The graph in fp16, inputs and outputs too. Weights that are halves in `parts` are taken from there.

    The others are written to `folder`/halves.bin, some values at a time. `model` points into the files of
    `folder`. Raises `InputError` when a weight is too large for fp16.
    """
    old = model.graph
    graph = onnx.GraphProto(name=old.name, node=old.node)
    graph.input.extend(retyped(old.input, TensorProto.FLOAT16))
    graph.output.extend(retyped(old.output, TensorProto.FLOAT16))
    with (folder / HALVES_FILE).open("wb") as file, ThreadPoolExecutor(TENSORS_AT_A_TIME) as pool:
        halves = HalvesFile(folder, file, pool)
        for tensor in old.initializer:
            stored = parts.find(tensor.name)
            graph.initializer.append(
                halves.halved(tensor)
                if stored is None
                else external_tensor(tensor.name, stored.element, stored.shape, stored.part)
            )
        halves.finish()
    halved_model = onnx.ModelProto()
    halved_model.CopyFrom(model)
    halved_model.graph.CopyFrom(graph)
    return halved_model


class HalvesFile:
    """Tensors in fp16, one after the other in `file`; some are written at a time."""

    def __init__(self, folder: Path, file: BinaryIO, pool: Executor) -> None:
        self.folder = folder
        self.file = file
        self.pool = pool
        self.end = 0
        self.written: list[Future[None]] = []

    def halved(self, tensor: onnx.TensorProto) -> onnx.TensorProto:
        """The initializer in fp16; what was external is in the file in the end. Integers stay as they are."""
        if tensor.data_type != TensorProto.FLOAT:
            return tensor
        if not is_external(tensor):
            return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(FP16.raw), tensor.name)
        part = FilePart(Path(self.file.name).name, self.end, math.prod(tensor.dims) * FP16.size)
        self.written.append(self.pool.submit(self.write, tensor, self.end))
        self.end += part.length
        return external_tensor(tensor.name, TensorProto.FLOAT16, tensor.dims, part)

    def write(self, tensor: onnx.TensorProto, offset: int) -> None:
        """Write an external tensor's halves to their place."""
        for piece in external_pieces(tensor, self.folder):
            halves = to_halves(tensor.name, piece, external_file(tensor))
            written = os.pwrite(self.file.fileno(), halves.data, offset)
            if written != halves.nbytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.file.name)
            offset += written

    def finish(self) -> None:
        """Wait for all; raises what went wrong."""
        for one in self.written:
            one.result()
