"""`encodings.json`: the least and the largest value of each activation, by the tensors' global names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from rwkv.stable_json import write_json
from rwkv.tool_failure import InputError

FORMAT = 1
STATE = re.compile(r"state(\d+)_(\w+)_(?:in|out)")
DEEP_EMBEDDING = re.compile(r"deep_embedding(\d+)")
DIGITS = 6  # significant ones: what different CPUs' last bits do must not change the file


@dataclass(frozen=True)
class Range:
    """Both ends are inclusive."""

    low: float
    high: float


def write_encodings(ranges: dict[str, Range], tokens: int, path: Path) -> None:
    """Write the ranges, rounded, with sorted keys."""
    tensors = {
        name: {"min": rounded(found.low), "max": rounded(found.high)} for name, found in ranges.items()
    }
    write_json({"format": FORMAT, "tokens": tokens, "tensors": tensors}, path)


def read_encodings(path: Path) -> dict[str, Range]:
    """The ranges by tensor name; raises `InputError` when the file is not of this format."""
    again = "make it again with collect_encodings.py"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise InputError(path, f"its format is {content['format']!r}, not {FORMAT}", again)
        ranges = {
            name: Range(float(ends["min"]), float(ends["max"])) for name, ends in content["tensors"].items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(path, f"not a file of encodings ({type(error).__name__}: {error})", again) from error
    for name, found in ranges.items():
        if not found.low <= found.high:
            raise InputError(path, f"{name} ranges from {found.low} to {found.high}", again)
    return ranges


def encoding_key(tensor: str, first_layer: int) -> str:
    """The key of a tensor, which is its name except for the ends of a chunk that begins with `first_layer`.

    A state has the same key going in and coming out, and what a chunk takes from an earlier one has the key
    that it has there.
    """
    if state := STATE.fullmatch(tensor):
        return f"blocks.{state[1]}.{state[2]}"
    if deep := DEEP_EMBEDDING.fullmatch(tensor):
        return f"blocks.{deep[1]}.ffn.deep.row"
    taken = {
        "embedding": "emb",
        "hidden_in": f"blocks.{first_layer - 1}.ffn.residual",
        "v_first_in": "blocks.0.att.value",
    }
    return taken.get(tensor, tensor)


def rounded(value: float) -> float:
    """To six significant digits."""
    return float(f"{value:.{DIGITS}g}")
