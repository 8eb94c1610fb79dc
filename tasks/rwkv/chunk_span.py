"""Which layers a chunk has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rwkv.tool_failure import InputError


@dataclass(frozen=True)
class ChunkSpan:
    """Chunk `chunk` (from 1) of `chunks`: the layers first … last−1."""

    chunk: int
    chunks: int
    first: int
    last: int

    @property
    def is_first(self) -> bool:
        """Takes the token or its embedding."""
        return self.chunk == 1

    @property
    def is_last(self) -> bool:
        """Makes the logits."""
        return self.chunk == self.chunks


def split_layers(weights: Path, layers: int, chunk: int, chunks: int) -> ChunkSpan:
    """Split the layers as evenly as possible; raises `InputError` when there is no such chunk."""
    if not 1 <= chunks <= layers:
        raise InputError(
            weights, f"{layers} layers cannot be split into {chunks} chunks", f"ask for 1 to {layers} chunks"
        )
    if not 1 <= chunk <= chunks:
        raise InputError(
            weights, f"there is no chunk {chunk} of {chunks}", f"ask for a chunk from 1 to {chunks}"
        )
    return ChunkSpan(chunk, chunks, (chunk - 1) * layers // chunks, chunk * layers // chunks)
