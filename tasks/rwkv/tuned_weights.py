"""A checkpoint with the tuned states of another file, as state tuning publishes them."""

from __future__ import annotations

from collections.abc import Iterator

from rwkv.number_formats import Float32Array
from rwkv.tool_failure import InputError
from rwkv.weight_file import WeightFile

STATE_SUFFIX = ".att.time_state"


class TunedWeights(WeightFile):
    """The tensors of `weights`, and the states of `states` instead of any that are among them."""

    def __init__(self, weights: WeightFile, states: WeightFile) -> None:
        """Raises `InputError` when `states` holds something else, or nothing."""
        others = sorted(name for name in states.names() if not name.endswith(STATE_SUFFIX))
        if others or not states.names():
            found = f"holds {others[0]}, which is no state" if others else "holds no states"
            raise InputError(
                states.path, found, f"give a file with the tensors blocks.N{STATE_SUFFIX} and no others"
            )
        self.path = weights.path
        self._weights = weights
        self._states = states

    def file_of(self, name: str) -> WeightFile:
        """The file that has the tensor, or should."""
        return self._states if name.endswith(STATE_SUFFIX) else self._weights

    def names(self) -> frozenset[str]:
        """All tensors' names."""
        return self._weights.names() | self._states.names()

    def shape(self, name: str) -> tuple[int, ...]:
        """As its file says."""
        return self.file_of(name).shape(name)

    def read(self, name: str, shape: tuple[int, ...]) -> Float32Array:
        """As its file says."""
        return self.file_of(name).read(name, shape)

    def read_rows(self, name: str, shape: tuple[int, int], rows: int) -> Iterator[Float32Array]:
        """As its file says."""
        return self.file_of(name).read_rows(name, shape, rows)

    def require_shape(self, name: str, shape: tuple[int, ...]) -> None:
        """As its file says."""
        self.file_of(name).require_shape(name, shape)
