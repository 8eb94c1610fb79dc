"""How far logits are from a reference's."""

from __future__ import annotations

import numpy as np

from rwkv.model_quality import log_softmax
from rwkv.number_formats import Float32Array


def mean_divergence(reference: Float32Array, logits: Float32Array) -> float:
    """The mean over the rows of KL(reference ‖ logits), in nats."""
    p, q = log_softmax(reference), log_softmax(logits)
    return float((np.exp(p) * (p - q)).sum(-1).mean())
