"""What the files of stored weights are called, and what is in them beside the weights."""

from __future__ import annotations

SCALES = "scales"
ZERO_POINT = "zero_point"
SUFFIX = ".codes.safetensors"


def part_file(part: str) -> str:
    """The file of `embedding`, `block-00`, … or `head`."""
    return f"{part}{SUFFIX}"
