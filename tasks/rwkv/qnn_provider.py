"""ONNX Runtime's QNN execution provider, as far as it is needed to write a graph down as a DLC.

The provider hands the graph to `libQnnIr.so`, which serialises it instead of compiling it. Options:
`backend_path`, `dump_qnn_ir_dlc` and `dump_qnn_ir_dlc_dir`, see the provider's documentation.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import onnxruntime
import onnxruntime_qnn

from rwkv.native_output import kept_native_output

REGISTERED_AS = "QNN"


class ConversionError(Exception):
    """The provider does not take the whole graph; the message holds its own words."""


def write_raw_dlc(graph: Path, folder: Path) -> Path:
    """Write the graph as `<name the provider chose>.dlc` into the empty `folder`; returns the file's path.

    Raises `ConversionError` when the provider cannot take the whole graph; what it printed is on stderr then.
    """
    folder = folder.absolute()
    try:
        # The provider names the graph after a hash of the path it is given: always give the same one.
        with kept_native_output(), contextlib.chdir(graph.parent):
            onnxruntime.InferenceSession(graph.name, dlc_options(folder))
            files = sorted(folder.glob("*.dlc"))
            if len(files) != 1:
                raise RuntimeError(f"the provider wrote {len(files)} DLC files instead of one")
    except Exception as error:  # the bindings raise a class of their own per status code
        raise ConversionError(
            f"the QNN execution provider cannot convert it: {str(error).strip()}"
        ) from error
    return files[0]


def dlc_options(folder: Path) -> onnxruntime.SessionOptions:
    """Session options under which creating a session writes a DLC."""
    libraries = Path(onnxruntime_qnn.get_library_path()).parent
    onnxruntime.register_execution_provider_library(REGISTERED_AS, onnxruntime_qnn.get_library_path())
    devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == REGISTERED_AS]
    options = onnxruntime.SessionOptions()
    # Nothing may be rewritten: fusions lose names, and one of them makes a Gemm that the provider refuses.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    options.add_provider_for_devices(
        devices[:1],
        {
            "backend_path": str(libraries / "libQnnIr.so"),
            "dump_qnn_ir_dlc": "1",
            "dump_qnn_ir_dlc_dir": str(folder),
        },
    )
    return options
