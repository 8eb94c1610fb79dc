"""Files of encodings as AIMET writes them, versions 0.6.1 and 1.0.0.

Described in AIMET's "Encoding Format Specification". 0.6.1 maps a tensor's name to a list of encodings, one a
channel, with `bitwidth`, `is_symmetric` ("True" or "False"), `min`, `max`, `offset`, `scale`, `dtype`. 1.0.0
lists encodings with `name`, `enc_type`, `dtype`, `bw`, `is_sym`, and lists `scale`, `offset`. In both the
least value is scale · offset.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rwkv.stable_json import write_json
from rwkv.tensor_encodings import ACTIVATION_BITS, Encodings, TensorEncoding
from rwkv.tool_failure import InputError

LATEST = "1.0.0"
PRODUCER = "rwkv-build"
LEAST_BITS, LARGEST_BITS = 4, 32
Json = Any


def write_encodings(encodings: Encodings, path: Path, version: str = LATEST) -> None:
    """Write a file of this version, sorted by name."""
    _, write = VERSIONS[version]
    content: dict[str, object] = {
        "version": version,
        "producer": PRODUCER,
        "activation_encodings": write(encodings.activations),
        "param_encodings": write(encodings.weights),
    }
    if version == LATEST:
        content |= {"quantizer_args": arguments(encodings), "excluded_layers": []}
    else:  # truth values are texts there
        args = {key: str(value) if value is True else value for key, value in arguments(encodings).items()}
        content |= {"quantizer_args": args}
    write_json(content, path)


def read_encodings(path: Path) -> Encodings:
    """Read a file of either version; raises `InputError` when it is none. Floats are left out."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["version"]
        if version not in VERSIONS:
            known = " and ".join(VERSIONS)
            raise broken(path, f"its version is {version!r}; {known} are read")
        read, _ = VERSIONS[version]
        activations, weights = read(content["activation_encodings"]), read(content["param_encodings"])
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise broken(path, f"not a file of encodings ({type(error).__name__}: {error})") from error
    for name, encoding in (*activations.items(), *weights.items()):
        check(path, name, encoding)
    return Encodings(activations, weights, content.get("producer") == PRODUCER)


def check(path: Path, name: str, encoding: TensorEncoding) -> None:
    """Raises `InputError` when an encoding makes no sense."""
    if not LEAST_BITS <= encoding.bits <= LARGEST_BITS:
        raise broken(path, f"{name} has {encoding.bits} bits")
    if len(encoding.scales) != len(encoding.offsets) or len(encoding.scales) == 0:
        raise broken(path, f"{name} has {len(encoding.scales)} scales and {len(encoding.offsets)} offsets")
    if not (np.isfinite(encoding.scales).all() and (encoding.scales > 0).all()):
        raise broken(path, f"{name} has a scale that is not positive")


def broken(path: Path, cause: str) -> InputError:
    """The error for a file that cannot be used."""
    return InputError(
        path, cause, "make it again with `calibrate`, or as AIMET exports version 0.6.1 or 1.0.0"
    )


def read_mapping(group: Json) -> dict[str, TensorEncoding]:
    """A group of 0.6.1."""
    found = {}
    for name, entries in group.items():
        first = entries[0]
        if first["dtype"] != "int":
            continue
        scales = np.array([float(entry["scale"]) for entry in entries], np.float32)
        offsets = np.array([int(entry["offset"]) for entry in entries], np.int64)
        symmetric = str(first["is_symmetric"]) == "True"
        found[name] = TensorEncoding(int(first["bitwidth"]), symmetric, scales, offsets)
    return found


def write_mapping(group: Mapping[str, TensorEncoding]) -> Json:
    """A group of 0.6.1."""
    return {name: list(map(dict, channels(encoding))) for name, encoding in group.items()}


def channels(encoding: TensorEncoding) -> list[dict[str, object]]:
    """The entries of a tensor in 0.6.1."""
    fields = {"bitwidth": encoding.bits, "dtype": "int", "is_symmetric": str(encoding.symmetric)}
    pairs = zip(encoding.scales, encoding.offsets, strict=True)
    ends = [(shortest(scale), int(offset), float(scale)) for scale, offset in pairs]
    return [
        {
            **fields,
            "scale": scale,
            "offset": offset,
            "min": exact * offset,
            "max": exact * (offset + 2**encoding.bits - 1),
        }
        for scale, offset, exact in ends
    ]


def read_list(group: Json) -> dict[str, TensorEncoding]:
    """A group of 1.0.0."""
    found = {}
    for entry in group:
        if entry["dtype"] != "INT":
            continue
        if entry["enc_type"] not in {"PER_TENSOR", "PER_CHANNEL"}:
            raise ValueError(f"{entry['name']} is {entry['enc_type']}; it must be PER_TENSOR or PER_CHANNEL")
        scales = np.array(entry["scale"], np.float32)
        offsets = np.array([int(offset) for offset in entry["offset"]], np.int64)
        found[str(entry["name"])] = TensorEncoding(int(entry["bw"]), entry["is_sym"] is True, scales, offsets)
    return found


def write_list(group: Mapping[str, TensorEncoding]) -> Json:
    """A group of 1.0.0."""
    return [
        {
            "name": name,
            "dtype": "INT",
            "enc_type": "PER_TENSOR" if len(encoding.scales) == 1 else "PER_CHANNEL",
            "bw": encoding.bits,
            "is_sym": encoding.symmetric,
            "scale": [shortest(scale) for scale in encoding.scales],
            "offset": [int(offset) for offset in encoding.offsets],
        }
        for name, encoding in sorted(group.items())
    ]


def shortest(value: np.float32) -> float:
    """The shortest decimal number that is this fp32 number."""
    return float(str(value))


def arguments(encodings: Encodings) -> dict[str, object]:
    """`quantizer_args`, which say how the encodings were computed."""
    return {
        "activation_bitwidth": ACTIVATION_BITS,
        "param_bitwidth": max((encoding.bits for encoding in encodings.weights.values()), default=8),
        "dtype": "int",
        "is_symmetric": True,
        "per_channel_quantization": True,
        "quant_scheme": "post_training_tf",
    }


Group = Mapping[str, TensorEncoding]
VERSIONS: dict[str, tuple[Callable[[Json], dict[str, TensorEncoding]], Callable[[Group], Json]]] = {
    "0.6.1": (read_mapping, write_mapping),
    LATEST: (read_list, write_list),
}
