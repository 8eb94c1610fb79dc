"""What a file for one RWKV version has to offer; `arch_registry` hands these out by arch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.tensor_plan import StoredTensor
from rwkv.weight_file import WeightFile

if TYPE_CHECKING:
    from rwkv.chunk_span import ChunkSpan
    from rwkv.graph_builder import GraphBuilder


class Layout(Protocol):
    """The checkpoint's side: `rwkv7_layout` is one."""

    def read_figures(self, weights: WeightFile, group_norm_eps: float | None) -> ModelConfig: ...

    def plan_block(self, weights: WeightFile, config: ModelConfig, layer: int) -> Sequence[StoredTensor]: ...


class Reference(Protocol):
    """The fp32 oracle: feeds one token at a time and carries its own state."""

    def forward(self, token: int) -> Float32Array: ...

    def stream(self) -> Float32Array: ...


class AddLayers(Protocol):
    """Adds a chunk's layers to a graph: takes the residual stream's tensor name, returns its last one's."""

    def __call__(self, graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str) -> str: ...
