"""The embedding table with `blocks.0.ln0` already applied, and the head: the same for every RWKV version."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.tensor_plan import PlannedTensor, copied
from rwkv.weight_file import WeightFile

ROWS_AT_ONCE = 256  # of fp64 beside each other, so few that the processor keeps them at hand


def plan_embedding(config: ModelConfig) -> list[PlannedTensor]:
    """The table and the norm that is folded into it; what is stored is `emb.weight` alone."""
    norm = [copied(f"blocks.0.ln0.{part}", (config.embd,)) for part in ("weight", "bias")]
    return [copied("emb.weight", (config.vocab, config.embd)), *norm]


def plan_head(config: ModelConfig) -> list[PlannedTensor]:
    """The last norm and the matrix that makes the logits."""
    norm = [copied(f"ln_out.{part}", (config.embd,)) for part in ("weight", "bias")]
    return [*norm, copied("head.weight", (config.vocab, config.embd))]


def fold_embedding(config: ModelConfig, weights: WeightFile) -> Iterator[Float32Array]:
    """ln0(emb.weight) in pieces of some rows; computed in fp64, because it is done once and used for every
    token.
    """
    table, *norm = plan_embedding(config)
    gain, bias = (tensor.make(weights) for tensor in norm)
    for piece in weights.read_rows(table.source, (config.vocab, config.embd), ROWS_AT_ONCE):
        rows = piece.astype(np.float64)
        rows -= rows.mean(-1, keepdims=True)
        rows /= np.sqrt(np.square(rows).mean(-1, keepdims=True) + config.layer_norm_eps)
        yield (rows * gain + bias).astype(np.float32)
