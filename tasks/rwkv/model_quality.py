"""How well logits [T, V] predict a text, in fp64."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import Float32Array


def log_softmax(logits: Float32Array) -> NDArray[np.float64]:
    """Log-probabilities along the last axis."""
    shifted = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return result


def perplexity(logits: Float32Array, text: list[int]) -> float:
    """exp(mean over t of −log p(text[t])), row t predicting text[t]."""
    return math.exp(-float(log_softmax(logits)[np.arange(len(text)), text].mean()))


def divergences(reference: Float32Array, logits: Float32Array) -> NDArray[np.float64]:
    """KL(reference ‖ logits) of each row, in nats."""
    p, q = log_softmax(reference), log_softmax(logits)
    result: NDArray[np.float64] = (np.exp(p) * (p - q)).sum(-1)
    return result


def same_choices(reference: Float32Array, logits: Float32Array) -> float:
    """The share of rows, 0 to 1, in which both find the same token likeliest."""
    return float((reference.argmax(-1) == logits.argmax(-1)).mean())
