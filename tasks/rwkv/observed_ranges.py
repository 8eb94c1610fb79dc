"""What the tensors of a model range over while it reads a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
from numpy.typing import NDArray

from rwkv.layer_walk import walk_layers
from rwkv.tensor_encodings import ACTIVATION_BITS, Range, encoding_key
from rwkv.weight_folder import WeightFolder

BINS = 4096
SEARCHED = np.linspace(1.0, 0.3, 71)


class Spread(Protocol):
    """Sees a tensor's values token by token; `range` is the one to quantise it in."""

    def add(self, values: NDArray[np.float32]) -> None:
        """More values."""

    @property
    def range(self) -> Range:
        """The range so far, 0 included."""


MakeSpread = Callable[[], Spread]


class Extremes:
    """min-max: from the least to the largest value."""

    def __init__(self) -> None:
        self.low = self.high = 0.0

    def add(self, values: NDArray[np.float32]) -> None:
        """More values."""
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    @property
    def range(self) -> Range:
        """From the least to the largest value."""
        return Range(self.low, self.high)


class Histogram(Extremes):
    """Counts in bins of −R … R, where R is a power of two that doubles when a value lies beyond it."""

    def __init__(self) -> None:
        super().__init__()
        self.reach = 2.0**-10
        self.counts = np.zeros(BINS, np.int64)

    def add(self, values: NDArray[np.float32]) -> None:
        """More values."""
        super().add(values)
        while max(-self.low, self.high) >= self.reach:
            inner = self.counts.reshape(-1, 2).sum(1)
            self.counts = np.pad(inner, BINS // 4)
            self.reach *= 2
        bins = ((values.ravel() + self.reach) * (BINS / (2 * self.reach))).astype(np.int64)
        self.counts += np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where the bins begin and end."""
        return np.linspace(-self.reach, self.reach, BINS + 1)

    def within(self, low: float, high: float) -> Range:
        """Not beyond what was seen, and with 0."""
        return Range(min(max(low, self.low), 0.0), max(min(high, self.high), 0.0))


@dataclass
class Percentile:
    """Leaves out the values beyond a percentile at either end."""

    percent: float

    def make(self) -> Spread:
        """A new tensor's."""
        return PercentileSpread(self.percent)


class PercentileSpread(Histogram):
    """At each end, at most 100 − `percent` % of the values lie outside."""

    def __init__(self, percent: float) -> None:
        super().__init__()
        self.percent = percent

    @property
    def range(self) -> Range:
        """Between the percentiles."""
        total = self.counts.sum()
        outside = total * (1 - self.percent / 100)
        first = int(np.searchsorted(np.cumsum(self.counts), outside, side="right"))
        last = int(np.searchsorted(np.cumsum(self.counts[::-1]), outside, side="right"))
        return self.within(float(self.edges[first]), float(self.edges[BINS - last]))


class LeastError(Histogram):
    """mse: the range with the least mean square error of rounding inside of it and clipping outside."""

    @property
    def range(self) -> Range:
        """The best of those tried: the extremes, each drawn in on its own."""
        centres = (self.edges[:-1] + self.edges[1:]) / 2
        lows, highs = SEARCHED * self.low, SEARCHED * self.high
        below = np.maximum(lows[:, None] - centres, 0)  # [tried, bins]
        above = np.maximum(centres - highs[:, None], 0)
        clipped = (np.square(below) @ self.counts)[:, None] + np.square(above) @ self.counts
        outside = ((below > 0) @ self.counts)[:, None] + (above > 0) @ self.counts
        steps = (highs - lows[:, None]) / (2**ACTIVATION_BITS - 1)  # [low, high]
        errors = clipped + (self.counts.sum() - outside) * np.square(steps) / 12
        low, high = np.unravel_index(np.argmin(errors), errors.shape)
        return Range(float(lows[low]), float(highs[high]))


METHODS = ("min-max", "percentile", "mse")


def spread_maker(method: str, percent: float) -> MakeSpread:
    """What makes a spread of this method for each tensor."""
    makers: dict[str, MakeSpread] = {"min-max": Extremes, "mse": LeastError}
    return makers.get(method, Percentile(percent).make)


class RangeObserver:
    """Keeps a spread for each tensor of a layer, and notes their ranges by `keys`."""

    def __init__(self, make: MakeSpread, keys: Mapping[str, str], ranges: dict[str, Range]) -> None:
        self.spreads = {name: make() for name in keys}
        self.keys = keys
        self.ranges = ranges

    def observe(self, values: dict[str, NDArray[np.float32]]) -> None:
        """One token's values."""
        for name, spread in self.spreads.items():
            spread.add(values[name])

    def finish(self) -> None:
        """Note the ranges."""
        self.ranges |= {self.keys[name]: spread.range for name, spread in self.spreads.items()}


def observe_ranges(
    weights: WeightFolder, tokens: Sequence[int], work: Path, make: MakeSpread = Extremes
) -> dict[str, Range]:
    """Feed `tokens`; the range of every computed tensor and of the embedding, by key."""
    ranges: dict[str, Range] = {}

    def watch(layer: int, model: onnx.ModelProto) -> tuple[RangeObserver, list[str]]:
        names, ends = computed_tensors(model), {item.name for item in model.graph.output}
        keys = {name: encoding_key(name, layer, layer + 1) if name in ends else name for name in names}
        return RangeObserver(make, keys, ranges), names

    walk_layers(weights, tokens, work, watch)
    table = weights.read("emb.weight")  # all of it: the text need not hold every token
    return ranges | {"emb": Range(float(table.min()), float(table.max()))}


def computed_tensors(model: onnx.ModelProto) -> list[str]:
    """What the nodes write, in the graph's order, but not the same values in another shape."""
    return [node.output[0] for node in model.graph.node if node.op_type != "Reshape"]
