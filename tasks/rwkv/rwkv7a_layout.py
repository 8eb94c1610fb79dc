"""RWKV-7a: an RWKV-7 whose feed-forward halves have an embedding table of their own ("deep embeddings").

What is stored beside RWKV-7's: `ffn.s1`, `ffn.s2` as linears, `ffn.s0`, and `ffn.s_emb.weight` [V, D·D] to
which the model's embedding's share has been added: `s_emb + ln0(emb)·s_emb_xᵀ`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rwkv import rwkv7_layout
from rwkv.checkpoint_figures import matrix
from rwkv.folded_embedding import ROWS_AT_ONCE, fold_embedding, plan_embedding
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.tensor_plan import StoredTensor, copied, turned
from rwkv.weight_file import WeightFile


def read_figures(weights: WeightFile, group_norm_eps: float | None) -> ModelConfig:
    """RWKV-7's configuration with the rank D of the deep embeddings."""
    config = rwkv7_layout.read_figures(weights, group_norm_eps)
    rank = matrix(weights, "blocks.0.ffn.s1")[1]
    return replace(config, arch="rwkv7a", ranks={**config.ranks, "deep": rank})


def plan_block(weights: WeightFile, config: ModelConfig, layer: int) -> list[StoredTensor]:
    """The stored tensors of one layer, the table last."""
    ffn, rank = f"blocks.{layer}.ffn.", config.ranks["deep"]
    return [
        *rwkv7_layout.plan_block(weights, config, layer),
        turned(f"{ffn}s1", (config.embd, rank)),
        turned(f"{ffn}s2", (rank, config.ffn)),
        copied(f"{ffn}s0", (config.ffn,)),
        DeepTable(config, ffn),
    ]


@dataclass(frozen=True)
class DeepTable:
    """The table of one layer, made some rows at a time."""

    config: ModelConfig
    ffn: str

    @property
    def name(self) -> str:
        """As in the checkpoint."""
        return f"{self.ffn}s_emb.weight"

    @property
    def shape(self) -> tuple[int, ...]:
        """[V, D·D]."""
        return self.config.vocab, self.config.ranks["deep"] ** 2

    def sources(self) -> list[str]:
        """The embedding's are sources too, but of other stored tensors as well."""
        return [self.name, f"{self.ffn}s_emb_x.weight"]

    def check(self, weights: WeightFile) -> None:
        """Raises `InputError` when a source is missing or has another shape; reads no data."""
        weights.require_shape(self.name, self.shape)
        weights.require_shape(f"{self.ffn}s_emb_x.weight", (self.shape[1], self.config.embd))
        for tensor in plan_embedding(self.config):
            tensor.check(weights)

    def pieces(self, weights: WeightFile) -> Iterator[Float32Array]:
        """s_emb + ln0(emb)·s_emb_xᵀ, some rows at a time."""
        own = weights.read(self.name, self.shape)
        share = weights.read(f"{self.ffn}s_emb_x.weight", (self.shape[1], self.config.embd))
        for index, rows in enumerate(fold_embedding(self.config, weights)):
            first = index * ROWS_AT_ONCE
            yield own[first : first + len(rows)] + rows @ share.T
