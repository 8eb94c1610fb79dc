"""The tables with a row for every token, which a caller may keep: the embedding, in v7a one a layer too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rwkv.folded_embedding import ROWS_AT_ONCE
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.weight_folder import WeightFolder


def table_names(config: ModelConfig) -> list[str]:
    """The stored tables, in the order in which a token's rows follow each other for a caller."""
    deep = range(config.layers) if config.ranks.get("deep", 0) else range(0)
    return ["emb.weight", *(f"blocks.{layer}.ffn.s_emb.weight" for layer in deep)]


def joined_rows(weights: WeightFolder) -> Iterator[Float32Array]:
    """All tables side by side, some rows at a time."""
    tables = [weights.read(name) for name in table_names(weights.config)]
    for first in range(0, weights.config.vocab, ROWS_AT_ONCE):
        yield np.concatenate([table[first : first + ROWS_AT_ONCE] for table in tables], axis=1)
