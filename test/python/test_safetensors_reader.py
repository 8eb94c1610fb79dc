from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from container_writers import to_bf16, write_safetensors_file, write_safetensors_parts
from rwkv.safetensors_reader import SafetensorsFile
from rwkv.safetensors_writer import write_safetensors
from rwkv.tool_failure import InputError


def entry(dtype: str = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def refusal(path: Path, header: object, data: bytes = bytes(8)) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    write_safetensors_parts(path, text, data)
    with pytest.raises(InputError) as caught:
        SafetensorsFile(path)
    assert caught.value.file == str(path)
    return caught.value.cause


def test_reads_fp32_fp16_and_bf16_as_fp32(tmp_path: Path) -> None:
    values = np.array([[1.5, -2.0, 0.25]], np.float32)
    path = tmp_path / "model.safetensors"
    write_safetensors_file(
        path, {"single": values, "half": values.astype(np.float16), "brain": to_bf16(values)}
    )
    file = SafetensorsFile(path)
    for name in ("single", "half", "brain"):
        assert file.read(name).dtype == np.float32
        np.testing.assert_array_equal(file.read(name), values)


def test_what_the_writer_writes_is_aligned_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    tensors = {"a": np.arange(3, dtype=np.float32), "b": np.ones((2, 2), np.float32)}
    write_safetensors(path, {name: tensor.shape for name, tensor in tensors.items()}, tensors.values())
    file = SafetensorsFile(path)
    assert file.offset("a") % 64 == 0
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(file.read(name), tensor)


@pytest.mark.parametrize("length", [0, 7, 8, 20, 60])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "model.safetensors"
    write_safetensors_file(path, {"a": np.ones(4, np.float32)})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=r"too few|truncated"):
        SafetensorsFile(path)


def test_data_cut_short_names_the_tensor_that_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_safetensors_file(path, {"a": np.ones(4, np.float32), "b": np.ones(4, np.float32)})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"truncated: b ends at byte 32 of the data, the file has 31"):
        SafetensorsFile(path)


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([], "not a JSON object"),
        ({"a": []}, "entry for a is not an object"),
        ({"a": entry(offsets=(0, 9))}, "truncated: a ends at byte 9"),
        ({"a": entry(offsets=(8, 0))}, "not a beginning and an end"),
        ({"a": entry(offsets=(0, 4))}, r"a: F32 \[2\] does not take 4 bytes"),
        ({"a": entry(shape=[-2])}, "not a list of sizes"),
        ({"a": entry(shape=[True, 2])}, "not a list of sizes"),
        ({"a": entry(shape="2")}, "not a list of sizes"),
        ({"a": entry(shape=[2**62, 2**62])}, "does not take 8 bytes"),
        ({"a": entry(), "b": entry(shape=[1], offsets=(4, 8))}, "b and a overlap"),
        (b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}}', "twice in the header"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: object, cause: str) -> None:
    refused = refusal(tmp_path / "model.safetensors", header)
    with pytest.raises(InputError, match=cause):
        raise InputError("", refused, "")


def test_an_unsupported_type_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_safetensors_parts(path, json.dumps({"a": entry("F64", [1])}).encode(), bytes(8))
    with pytest.raises(InputError, match="a is stored as F64; F32, F16, BF16 are supported"):
        SafetensorsFile(path).read("a")


def test_a_changed_byte_is_an_error_or_harmless_but_never_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_safetensors_file(path, {"a": np.ones(2, np.float32), "b": np.ones((2, 2), np.float16)})
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :])
        try:
            file = SafetensorsFile(path)
            for name in file.names():
                file.read(name)
        except InputError as error:
            assert error.file == str(path)


def test_what_was_read_does_not_stay_in_memory(tmp_path: Path) -> None:
    path, megabytes = tmp_path / "model.safetensors", 1 << 20
    sizes = {f"w{index}": [index * 32 * megabytes, (index + 1) * 32 * megabytes] for index in range(8)}
    header = {name: entry(shape=[8 * megabytes], offsets=offsets) for name, offsets in sizes.items()}
    write_safetensors_parts(path, json.dumps(header).encode(), b"")
    with path.open("r+b") as content:
        content.truncate(path.stat().st_size + 256 * megabytes)
    file, before = SafetensorsFile(path), resident_file_bytes()
    for name in file.names():
        assert not file.read(name).any()
        assert resident_file_bytes() - before < 48 * megabytes


def resident_file_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssFile:")[1].split()[0]) * 1024
