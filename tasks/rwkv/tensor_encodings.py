"""`encodings.json`: the least and the largest value of each activation, by the tensors' global names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rwkv.stable_json import write_json
from rwkv.tool_failure import InputError

FORMAT = 1
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


def rounded(value: float) -> float:
    """To six significant digits."""
    return float(f"{value:.{DIGITS}g}")
