from __future__ import annotations

import math

import numpy as np
import pytest

from rwkv.arch_registry import ARCHES
from rwkv.synthetic_checkpoint import BLOCKS, VALUES_AT_ONCE, ModelSizes, RandomTensor, plan_checkpoint


def test_there_are_synthetic_models_of_every_version_that_can_be_built() -> None:
    assert BLOCKS.keys() == ARCHES.keys()


def test_a_large_tensor_is_drawn_in_pieces() -> None:
    tensor = RandomTensor("head.weight", (3000, 4096), 1, 0.5)
    pieces = list(tensor.pieces(np.random.default_rng(0)))
    assert len(pieces) > 2 and max(piece.size for piece in pieces) <= VALUES_AT_ONCE
    assert sum(len(piece) for piece in pieces) == 3000
    assert np.concatenate(pieces).mean() == pytest.approx(1, abs=1e-3)


def test_the_figures_of_an_rwkv7_of_1_5_b_are_those_of_the_published_one() -> None:
    plan = {
        tensor.name: tensor.shape
        for tensor in plan_checkpoint("7", ModelSizes(layers=24, embd=2048, head_size=64, vocab=65536))
    }
    ranks = {letter: plan[f"blocks.1.att.{letter}1"][1] for letter in "wavg"}
    assert ranks == {"w": 96, "a": 96, "v": 64, "g": 256}
    assert sum(map(math.prod, plan.values())) == pytest.approx(1.53e9, rel=0.01)
