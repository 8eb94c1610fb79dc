from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from logit_divergence import mean_divergence
from rwkv.chunk_span import ChunkSpan
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_from_token
from rwkv.float_ends import cast_ends
from rwkv.half_weights import store_halves
from rwkv.rwkv7_reference import Rwkv7Reference
from rwkv.safetensors_reader import SafetensorsFile
from rwkv.tool_failure import InputError
from rwkv.weight_folder import WeightFolder
from rwkv.weight_part import WeightParts

TOKENS = [0, *b"Half precision is what the device computes in."]


ENDS = {"fp16": TensorProto.FLOAT16, "fp32": TensorProto.FLOAT}


def write_halves(weights: WeightFolder, folder: Path, ends: str) -> Path:
    shutil.copytree(weights.path, folder)
    model = store_halves(build_from_token(weights, ChunkSpan(1, 1, 0, 3)).model(), folder, WeightParts([]))
    (folder / "graph.onnx").write_bytes(cast_ends(model, ENDS[ends]).SerializeToString())
    return folder / "graph.onnx"


@pytest.mark.parametrize("ends", ENDS)
def test_weights_take_two_bytes_and_inputs_and_outputs_have_the_type_that_is_asked_for(
    weights: WeightFolder, tmp_path: Path, ends: str
) -> None:
    path = write_halves(weights, tmp_path / "graph", ends)
    graph = onnx.load_model(path, load_external_data=False).graph
    types = {item.type.tensor_type.elem_type for item in (*graph.input, *graph.output)}
    assert types == {ENDS[ends], TensorProto.INT32}
    assert any(node.op_type == "Cast" for node in graph.node) == (ends == "fp32")
    assert TensorProto.FLOAT not in {tensor.data_type for tensor in graph.initializer}
    floats = sum((weights.path / f"block-0{layer}.safetensors").stat().st_size for layer in range(3))
    assert (tmp_path / "graph" / "halves.bin").stat().st_size < 0.8 * floats


@pytest.mark.parametrize("ends", ENDS)
def test_halves_say_nearly_the_same(weights: WeightFolder, tmp_path: Path, ends: str) -> None:
    reference, chain = Rwkv7Reference(weights), CpuChain([write_halves(weights, tmp_path / "graph", ends)])
    expected = np.stack([reference.forward(token) for token in TOKENS])
    logits = np.stack([chain.logits({"token": np.array([token], np.int32)}) for token in TOKENS])
    assert mean_divergence(expected, logits) < 1e-3


def test_a_weight_that_is_read_in_pieces_is_the_same(
    weights: WeightFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_halves(weights, tmp_path / "at-once", "fp16")
    monkeypatch.setattr("rwkv.external_tensors.VALUES_AT_ONCE", 100)
    write_halves(weights, tmp_path / "in-pieces", "fp16")
    at_once, in_pieces = (tmp_path / folder / "halves.bin" for folder in ("at-once", "in-pieces"))
    assert at_once.read_bytes() == in_pieces.read_bytes()


def test_a_weight_too_large_for_fp16_is_refused(weights: WeightFolder, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(weights.path, folder)
    file = SafetensorsFile(folder / "block-01.safetensors")
    with (folder / "block-01.safetensors").open("r+b") as content:
        content.seek(file.offset("blocks.1.ffn.value.weight"))
        content.write(np.array([7e4], "<f4").tobytes())
    with pytest.raises(InputError, match=r"blocks.1.ffn.value.weight has values beyond 65504"):
        store_halves(build_from_token(weights, ChunkSpan(1, 1, 0, 3)).model(), folder, WeightParts([]))
