from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from container_writers import PickleAssembler, to_bf16, write_pth, write_pth_parts
from rwkv.tool_failure import InputError
from rwkv.torch_checkpoint import TorchCheckpoint
from rwkv.weight_file import open_weight_file
from synthetic_weights import make_rwkv7


def refused(path: Path) -> str:
    """The cause for which a file is refused, when it is opened or when its tensors are read."""
    with pytest.raises(InputError) as caught:
        checkpoint = TorchCheckpoint(path)
        for name in checkpoint.names():
            checkpoint.read(name)
    assert caught.value.file == str(path)
    return caught.value.cause


def one_tensor(
    count: int, shape: tuple[int, ...], strides: tuple[int, ...], storage: str = "FloatStorage"
) -> bytes:
    assembler = PickleAssembler()
    assembler.code += b"}"
    assembler.text("w")
    assembler.tensor("0", storage, count, shape, strides)
    assembler.code += b"s."
    return assembler.code


def test_a_pth_gives_the_same_folder_of_weights_as_safetensors(
    checkpoint: Path, run_tool: RunTool, tmp_path: Path
) -> None:
    write_pth(tmp_path / "model.pth", dict(make_rwkv7()))
    for source, folder in ((checkpoint, "a"), (tmp_path / "model.pth", "b")):
        done = run_tool("export-onnx/write_weights.py", "--weights", source, "--output", tmp_path / folder)
        assert done.returncode == 0, done.stderr
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 6
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_half_and_bf16_storages_are_widened_without_change(tmp_path: Path) -> None:
    values = np.array([[0.5, -3.0], [1024.0, 2.0**-10]], np.float32)
    write_pth(tmp_path / "model.pth", {"half": values.astype(np.float16), "brain": to_bf16(values)})
    checkpoint = TorchCheckpoint(tmp_path / "model.pth")
    np.testing.assert_array_equal(checkpoint.read("half"), values)
    np.testing.assert_array_equal(checkpoint.read("brain"), values)


def test_a_transposed_view_is_read_by_its_strides(tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_pth(tmp_path / "model.pth", {"turned": values.T})
    np.testing.assert_array_equal(TorchCheckpoint(tmp_path / "model.pth").read("turned"), values.T)


class RunsCommand:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_would_run_a_command_is_refused_by_name_and_runs_nothing(
    tmp_path: Path, protocol: int
) -> None:
    path, marker = tmp_path / "model.pth", tmp_path / "ran"
    write_pth_parts(path, pickle.dumps({"w": RunsCommand(marker)}, protocol), {})
    assert "posix.system" in refused(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_parameter"),
    ],
)
def test_any_other_name_is_refused(tmp_path: Path, module: str, name: str) -> None:
    assembler = PickleAssembler()
    assembler.name(module, name)
    write_pth_parts(tmp_path / "model.pth", assembler.code + b".", {})
    assert f"{module}.{name}" in refused(tmp_path / "model.pth")


def test_other_storages_are_refused_with_those_that_are_supported(tmp_path: Path) -> None:
    write_pth_parts(tmp_path / "model.pth", one_tensor(2, (2,), (1,), "DoubleStorage"), {"0": bytes(16)})
    assert "FloatStorage, HalfStorage, BFloat16Storage" in refused(tmp_path / "model.pth")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "model.pth"
    write_pth(path, dict(make_rwkv7(layers=1)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "truncated" in refused(path) or "not a zip" in refused(path)


def test_a_flipped_bit_in_a_storage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    write_pth(path, {"w": np.ones(64, np.float32)})
    content = bytearray(path.read_bytes())
    content[content.index(np.ones(64, np.float32).tobytes()) + 100] ^= 1
    path.write_bytes(content)
    assert "data/0 is damaged" in refused(path)


def test_every_damaged_pickle_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    path, good = tmp_path / "model.pth", one_tensor(4, (2, 2), (2, 1))
    for position in range(len(good)):
        for damaged in (good[:position], good[:position] + b"\xff" + good[position + 1 :]):
            write_pth_parts(path, damaged, {"0": bytes(16)})
            try:
                checkpoint = TorchCheckpoint(path)
                for name in checkpoint.names():
                    checkpoint.read(name)
            except InputError as error:
                assert error.file == str(path)


@pytest.mark.parametrize(
    ("count", "shape", "strides", "cause"),
    [
        (4, (2, 3), (3, 1), "too few for the shape"),
        (4, (2, 2), (3, 1), "leaves its storage 0 of 4 elements"),
        (4, (2, 2), (2,), "strides"),
        (4, (2, 2), (-2, 1), "strides"),
        (4, (2**31 - 1, 2**31 - 1), (0, 0), "too few for the shape"),
        (8, (2, 2), (2, 1), "has 16 bytes instead of 32"),
    ],
)
def test_a_view_that_leaves_its_storage_is_refused(
    tmp_path: Path, count: int, shape: tuple[int, ...], strides: tuple[int, ...], cause: str
) -> None:
    write_pth_parts(tmp_path / "model.pth", one_tensor(count, shape, strides), {"0": bytes(16)})
    assert cause in refused(tmp_path / "model.pth")


def test_a_missing_storage_is_named_with_its_tensor(tmp_path: Path) -> None:
    write_pth_parts(tmp_path / "model.pth", one_tensor(4, (4,), (1,)), {})
    assert refused(tmp_path / "model.pth") == "the entry data/0 is missing, which holds w"


def test_a_compressed_entry_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", one_tensor(4, (4,), (1,)))
    assert "is compressed" in refused(tmp_path / "model.pth")


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "0 entries data.pkl" in refused(tmp_path / "model.pth")


def test_a_trainers_state_is_not_taken_for_weights(tmp_path: Path) -> None:
    write_pth_parts(tmp_path / "model.pth", pickle.dumps({"step": 3}, 2), {})
    assert "entry 'step' is a int, not a tensor" in refused(tmp_path / "model.pth")


def test_the_container_is_recognised_by_its_content_not_its_name(tmp_path: Path) -> None:
    write_pth(tmp_path / "model.bin", {"w": np.ones(3, np.float32)})
    assert open_weight_file(tmp_path / "model.bin").names() == {"w"}
    (tmp_path / "model.pth").write_bytes(b"no weights at all")
    with pytest.raises(InputError, match="not a zip"):
        open_weight_file(tmp_path / "model.pth")


def test_a_memo_number_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    write_pth_parts(tmp_path / "model.pth", b"\x80\x02}r\xff\xff\xff\x7f.", {})
    assert "memo number 2147483647" in refused(tmp_path / "model.pth")


def test_a_tuple_that_contains_itself_many_times_is_not_printed_in_full(tmp_path: Path) -> None:
    assembler = PickleAssembler()
    assembler.name("torch._utils", "_rebuild_tensor_v2")
    assembler.code += b"((t" + b"2\x86" * 60 + b"QK\x00))tR."
    write_pth_parts(tmp_path / "model.pth", assembler.code, {})
    assert len(refused(tmp_path / "model.pth")) < 1000


def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    write_pth(path, {"w": np.ones(2, np.float32)})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError):
            TorchCheckpoint(path).read("w")


def test_a_changed_byte_is_an_error_or_harmless_but_never_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    write_pth(path, {"w": np.ones(2, np.float32)})
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :])
        try:
            checkpoint = TorchCheckpoint(path)
            for name in checkpoint.names():
                checkpoint.read(name)
        except InputError as error:
            assert error.file == str(path)
