"""Checkpoints with really random weights, shaped and named as RWKV's authors save them, for every version.

The spreads keep activations, decays and logits near those of trained models whatever the sizes are. Repeating
weights would not do: the HTP's compiler stores equal constants once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from rwkv.number_formats import Float32Array

VALUES_AT_ONCE = 1 << 22
DEEP_RANK = 32


@dataclass(frozen=True)
class ModelSizes:
    """C = `embd` channels in heads of `head_size`; `vocab` tokens."""

    layers: int
    embd: int
    head_size: int
    vocab: int

    @property
    def heads(self) -> int:
        """How many heads share the channels."""
        return self.embd // self.head_size


@dataclass(frozen=True)
class RandomTensor:
    """Normally distributed values."""

    name: str
    shape: tuple[int, ...]
    centre: float
    spread: float

    def make(self, random: np.random.Generator) -> Float32Array:
        """Draw all values."""
        return np.concatenate(list(self.pieces(random)))

    def pieces(self, random: np.random.Generator) -> Iterator[Float32Array]:
        """Draw the values some rows at a time, so that the largest table takes no more memory than a norm."""
        row = self.shape[1:]
        step = max(1, VALUES_AT_ONCE // math.prod(row))
        for first in range(0, self.shape[0], step):
            values = random.standard_normal((min(step, self.shape[0] - first), *row), np.float32)
            values *= np.float32(self.spread)
            values += np.float32(self.centre)
            yield values


def plan_checkpoint(version: str, sizes: ModelSizes) -> Iterator[RandomTensor]:
    """Every tensor of a checkpoint of "5.1", "5.2", "6", "7" or "7a"."""
    c, v = sizes.embd, sizes.vocab
    yield RandomTensor("emb.weight", (v, c), 0, 0.3)
    yield from norm("blocks.0.ln0", c)
    for layer in range(sizes.layers):
        yield from norm(f"blocks.{layer}.ln1", c)
        yield from norm(f"blocks.{layer}.ln2", c)
        yield from BLOCKS[version](sizes, layer)
        yield from norm(f"blocks.{layer}.att.ln_x", c)
    yield from norm("ln_out", c)
    yield RandomTensor("head.weight", (v, c), 0, 2 * c**-0.5)


def norm(name: str, channels: int) -> list[RandomTensor]:
    """The factors and biases of a norm."""
    return [
        RandomTensor(f"{name}.weight", (channels,), 1, 0.1),
        RandomTensor(f"{name}.bias", (channels,), 0, 0.1),
    ]


def linear(name: str, outputs: int, inputs: int, gain: float = 1.0) -> RandomTensor:
    """A matrix [out, in] that gives values about `gain` times as large as its inputs."""
    return RandomTensor(name, (outputs, inputs), 0, gain * inputs**-0.5)


def low_rank(name: str, channels: int, rank: int, outputs: int, gain: float = 1.0) -> list[RandomTensor]:
    """A pair `name`1 [C, rank], `name`2 [rank, out]."""
    return [
        RandomTensor(f"{name}1", (channels, rank), 0, channels**-0.5),
        RandomTensor(f"{name}2", (rank, outputs), 0, gain * rank**-0.5),
    ]


def vector(name: str, channels: int, centre: float, spread: float) -> RandomTensor:
    """Saved as [1, 1, C]."""
    return RandomTensor(name, (1, 1, channels), centre, spread)


def block5(sizes: ModelSizes, layer: int, decays: tuple[int, ...]) -> list[RandomTensor]:
    """RWKV-5 with this shape of its decays."""
    c, att, ffn = sizes.embd, f"blocks.{layer}.att.", f"blocks.{layer}.ffn."
    return [
        *(vector(f"{att}time_mix_{letter}", c, 0.5, 0.2) for letter in "kvrg"),
        RandomTensor(f"{att}time_decay", decays, -3, 1.5),
        RandomTensor(f"{att}time_faaaa", decays, 0.3, 0.3),
        *(linear(f"{att}{name}.weight", c, c) for name in ("receptance", "key", "value", "gate", "output")),
        *(vector(f"{ffn}time_mix_{letter}", c, 0.5, 0.2) for letter in "kr"),
        *gated_feed_forward(ffn, c),
    ]


def block51(sizes: ModelSizes, layer: int) -> list[RandomTensor]:
    """RWKV-5.1: one decay a head."""
    return block5(sizes, layer, (sizes.heads,))


def block52(sizes: ModelSizes, layer: int) -> list[RandomTensor]:
    """RWKV-5.2: one decay for each channel."""
    return block5(sizes, layer, (sizes.heads, sizes.head_size))


def block6(sizes: ModelSizes, layer: int) -> list[RandomTensor]:
    """RWKV-6."""
    c, att, ffn = sizes.embd, f"blocks.{layer}.att.", f"blocks.{layer}.ffn."
    mix, decay = (64, 128) if c >= 4096 else (32, 64)
    return [
        *(vector(f"{att}time_maa_{letter}", c, 0.5, 0.2) for letter in "xwkvrg"),
        RandomTensor(f"{att}time_maa_w1", (c, 5 * mix), 0, c**-0.5),
        RandomTensor(f"{att}time_maa_w2", (5, mix, c), 0, 0.3 * mix**-0.5),
        vector(f"{att}time_decay", c, -3, 1.5),
        *low_rank(f"{att}time_decay_w", c, decay, c),
        RandomTensor(f"{att}time_faaaa", (sizes.heads, sizes.head_size), 0.3, 0.3),
        *(linear(f"{att}{name}.weight", c, c) for name in ("receptance", "key", "value", "gate", "output")),
        *(vector(f"{ffn}time_maa_{letter}", c, 0.5, 0.2) for letter in "kr"),
        *gated_feed_forward(ffn, c),
    ]


def gated_feed_forward(ffn: str, c: int) -> list[RandomTensor]:
    """The linears of v5's and v6's feed-forward half."""
    width = int(3.5 * c) // 32 * 32
    return [
        linear(f"{ffn}key.weight", width, c),
        linear(f"{ffn}receptance.weight", c, c),
        linear(f"{ffn}value.weight", c, width, 0.5),
    ]


def block7(sizes: ModelSizes, layer: int) -> list[RandomTensor]:
    """RWKV-7; the low ranks grow with the channels as in the authors' training code."""
    c, att, ffn = sizes.embd, f"blocks.{layer}.att.", f"blocks.{layer}.ffn."
    ranks = {"w": rank(1.8, 0.5, c), "a": rank(1.8, 0.5, c), "v": rank(1.3, 0.5, c), "g": rank(0.6, 0.8, c)}
    biases = {"w": -3.0, "a": 0.0, "v": 1.0}
    low_ranks = [low_rank(f"{att}{letter}", c, ranks[letter], c, 1.5) for letter in ranks]
    return [
        *(vector(f"{att}x_{letter}", c, 0.5, 0.2) for letter in "rwkvag"),
        *(vector(f"{att}{letter}0", c, bias, 1) for letter, bias in biases.items()),
        *(tensor for pair in low_ranks for tensor in pair),
        vector(f"{att}k_k", c, 0.85, 0.1),
        vector(f"{att}k_a", c, 1, 0.1),
        RandomTensor(f"{att}r_k", (sizes.heads, sizes.head_size), 0, 0.2),
        *(linear(f"{att}{name}.weight", c, c) for name in ("receptance", "key", "value", "output")),
        vector(f"{ffn}x_k", c, 0.5, 0.2),
        linear(f"{ffn}key.weight", 4 * c, c),
        linear(f"{ffn}value.weight", c, 4 * c, 0.5),
    ]


def block7a(sizes: ModelSizes, layer: int) -> list[RandomTensor]:
    """RWKV-7a: RWKV-7 and deep embeddings."""
    c, ffn = sizes.embd, f"blocks.{layer}.ffn."
    return [
        *block7(sizes, layer),
        RandomTensor(f"{ffn}s_emb.weight", (sizes.vocab, DEEP_RANK**2), 0, 0.2),
        linear(f"{ffn}s_emb_x.weight", DEEP_RANK**2, c, 0.2),
        *low_rank(f"{ffn}s", c, DEEP_RANK, 4 * c, 0.5),
        vector(f"{ffn}s0", 4 * c, 1, 0.2),
    ]


def rank(factor: float, power: float, channels: int) -> int:
    """A multiple of 32."""
    steps: int = round(factor * channels**power / 32)
    return 32 * max(1, steps)


BLOCKS: dict[str, Callable[[ModelSizes, int], list[RandomTensor]]] = {
    "5.1": block51,
    "5.2": block52,
    "6": block6,
    "7": block7,
    "7a": block7a,
}
