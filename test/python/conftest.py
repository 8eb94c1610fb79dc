"""What several test files need: a small random model as a weights folder, and the way to run a tool."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from container_writers import write_safetensors_file
from rwkv.weight_folder import WeightFolder
from synthetic_weights import make_rwkv7

REPOSITORY = Path(__file__).absolute().parents[2]
ToolRun = subprocess.CompletedProcess[str]
RunTool = Callable[..., ToolRun]


@pytest.fixture(scope="session")
def run_tool() -> RunTool:
    """Run `tasks/<script>` with arguments in a cleared environment, as the build does."""

    def run(script: str, *arguments: str | Path) -> ToolRun:
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(REPOSITORY / "tasks")}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        command = [sys.executable, str(REPOSITORY / "tasks" / script), *map(str, arguments)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random RWKV-7 of three layers as .safetensors."""
    path = tmp_path_factory.mktemp("checkpoint") / "model.safetensors"
    write_safetensors_file(path, dict(make_rwkv7()))
    return path


@pytest.fixture(scope="session")
def weights(checkpoint: Path, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory) -> WeightFolder:
    """What write_weights.py makes of the random model."""
    folder = tmp_path_factory.mktemp("weights") / "weights"
    done = run_tool("export-onnx/write_weights.py", "--weights", checkpoint, "--output", folder)
    assert done.returncode == 0, done.stderr
    return WeightFolder(folder)
