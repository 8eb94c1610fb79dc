"""The same contexts through ONNX Runtime and the library: BINDINGS LIBRARY CONTEXT EMPTY_FOLDER TOKENS.

CONTEXT is the first chunk of a model whose graphs take tokens; the reports that qnn-context wrote lie beside
the contexts. ONNX Runtime gets each chunk as a model of one node, `EPContext`, that names the context's file.
Prints one JSON object: how many logits were not equal, the milliseconds a token, the median, of either, and
the median of the library's time ÷ ONNX Runtime's for the same token, with the bounds of what it may be.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy
import numpy.typing
import onnx
import onnxruntime
import onnxruntime_qnn

TYPES = {
    "int32": numpy.int32,
    "float32": numpy.float32,
    "float16": numpy.float16,
    "ufix16": numpy.uint16,
    "ufix8": numpy.uint8,
    "sfix16": numpy.int16,
    "sfix8": numpy.int8,
}

# Tokens that count for nothing but the logits.
WARMING = 2

QNN_LIBRARIES = Path(onnxruntime_qnn.get_library_path()).parent

Values = numpy.typing.NDArray[Any]


class ProviderChunk:
    """A context as ONNX Runtime's QNN provider loads it."""

    def __init__(self, context: Path, folder: Path, devices: list[Any], backend: Path) -> None:
        """Write the model of one node into `folder`, beside a link to the context."""
        report = json.loads(context.with_suffix(".json").read_text())
        graph = next(graph for graph in report["graphs"] if graph["name"] == "rwkv_decode")
        self.inputs, self.outputs = graph["inputs"], graph["outputs"]
        (folder / context.name).symlink_to(context.resolve())
        node = onnx.helper.make_node(
            "EPContext",
            [one["name"] for one in self.inputs],
            [one["name"] for one in self.outputs],
            name=graph["name"],
            domain="com.microsoft",
            main_context=1,
            embed_mode=0,
            ep_cache_context=context.name,
            partition_name=graph["name"],
            source="QNN",
        )
        described = onnx.helper.make_graph(
            [node],
            graph["name"],
            [_value_info(one) for one in self.inputs],
            [_value_info(one) for one in self.outputs],
        )
        imports = [onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid("com.microsoft", 1)]
        path = folder / f"{context.stem}.onnx"
        onnx.save(onnx.helper.make_model(described, opset_imports=imports, ir_version=9), path)
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        options.add_provider_for_devices(devices, {"backend_path": str(backend)})
        self.session = onnxruntime.InferenceSession(str(path), options)
        self.zeros = {one["name"]: _zeros(one) for one in self.inputs}


def _value_info(one: dict[str, Any]) -> onnx.ValueInfoProto:
    kind = onnx.helper.np_dtype_to_tensor_dtype(numpy.dtype(TYPES[one["dtype"]]))
    return onnx.helper.make_tensor_value_info(one["name"], kind, one["shape"])


def _zeros(one: dict[str, Any]) -> Values:
    """What stands for the number 0."""
    zero = -one["quantization"]["offset"] if "quantization" in one else 0
    return numpy.full(one["shape"], zero, TYPES[one["dtype"]])


def _as_numbers(one: dict[str, Any], values: Values) -> numpy.typing.NDArray[numpy.float32]:
    if "quantization" not in one:
        return numpy.asarray(values, numpy.float32).reshape(-1)
    scale, offset = numpy.float32(one["quantization"]["scale"]), one["quantization"]["offset"]
    numbers = (values.astype(numpy.float64) + offset) * numpy.float64(scale)
    return numpy.asarray(numbers, numpy.float32).reshape(-1)


class ProviderModel:
    """All chunks of a model, one session of ONNX Runtime each, and the state between tokens."""

    def __init__(self, first: Path, folder: Path) -> None:
        """Load the chunks in their order."""
        name = "QNN"
        onnxruntime.register_execution_provider_library(name, onnxruntime_qnn.get_library_path())
        devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == name][:1]
        backend = QNN_LIBRARIES / "libQnnHtp.so"
        count = int(first.stem.rsplit("of", 1)[1])
        files = [first.with_name(first.name.replace("chunk1of", f"chunk{i + 1}of")) for i in range(count)]
        self.chunks = [ProviderChunk(file, folder, devices, backend) for file in files]
        self.values: dict[str, Values] = {}
        for chunk in self.chunks:
            self.values |= chunk.zeros

    def decode(self, token: int) -> numpy.typing.NDArray[numpy.float32]:
        """The logits after one more token."""
        self.values["token"] = numpy.full_like(self.values["token"], token)
        given: dict[str, Values] = {}
        for chunk in self.chunks:
            names = [one["name"] for one in chunk.outputs]
            fed = {one["name"]: self.values[one["name"]] for one in chunk.inputs}
            given |= dict(zip(names, chunk.session.run(names, fed), strict=True))
            # What one chunk hands on is its `…_out` and the next one's `…_in`; so are states between tokens.
            self.values |= {
                f"{name.removesuffix('_out')}_in": given[name] for name in names if name.endswith("_out")
            }
        logits = next(one for one in self.chunks[-1].outputs if one["name"] == "logits")
        return _as_numbers(logits, given["logits"])


def _median_between(ordered: list[float]) -> tuple[float, float]:
    """Where the median of what the values were drawn from lies, in 95 of 100 cases; by counting alone."""
    outside = max(0, int(len(ordered) / 2 - 0.98 * len(ordered) ** 0.5))
    return ordered[outside], ordered[-1 - outside]


def library_model(bindings: str, library: str, first: Path) -> Any:
    spec = importlib.util.spec_from_file_location("rwkv_qnn", bindings)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rwkv_qnn"] = module
    spec.loader.exec_module(module)
    return module.Model(str(QNN_LIBRARIES), str(first), library=library)


def main(bindings: str, library: str, first: str, folder: str, count: str) -> None:
    tokens = [0, *(97 + i * 7 % 26 for i in range(int(count) - 1))]
    provider = ProviderModel(Path(first), Path(folder))
    own = library_model(bindings, library, Path(first))
    session = own.session()
    different = 0

    def through_library(token: int) -> Values:
        session.decode(token)
        return numpy.asarray(session.logits)

    ways = {"provider": provider.decode, "library": through_library}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for i, token in enumerate(tokens):  # taking turns to be first, so that both meet the same machine
        said: dict[str, Values] = {}
        for name in sorted(ways, reverse=i % 2 == 0):
            start = time.perf_counter()
            said[name] = ways[name](token)
            times[name].append(time.perf_counter() - start)
        different += int((said["provider"] != said["library"]).sum())
    medians = {f"{name}_milliseconds": 1000 * statistics.median(all_) for name, all_ in times.items()}
    pairs = list(zip(times["library"], times["provider"], strict=True))[WARMING:]
    ratios = sorted(own / theirs for own, theirs in pairs)
    least, most = _median_between(ratios)
    found = {"ratio": statistics.median(ratios), "ratio_least": least, "ratio_most": most}
    print(json.dumps({"tokens": len(tokens), "different": different, **medians, **found}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
