"""What the linears of a model were applied to in calibration, as halves, a file a layer."""

from __future__ import annotations

from pathlib import Path

from rwkv.number_formats import Float32Array
from rwkv.safetensors_reader import SafetensorsFile
from rwkv.tool_failure import InputError


class CalibratedInputs:
    """Reads [tokens, in] by the key of the tensor."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, SafetensorsFile] = {}

    def read(self, key: str) -> Float32Array:
        """The inputs; raises `InputError` when calibration did not see this tensor."""
        for file in sorted(self.path.glob("*.safetensors")):
            if file.name not in self._files:
                self._files[file.name] = SafetensorsFile(file)
            if key in self._files[file.name].names():
                return self._files[file.name].read(key)
        raise InputError(self.path, f"has no inputs {key}", "calibrate again with the weights of this graph")
