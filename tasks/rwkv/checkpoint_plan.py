"""Everything that a weights folder will hold of a checkpoint, checked before a byte of it is written."""

from __future__ import annotations

from dataclasses import dataclass

from rwkv.arch_registry import arch_of_version, layout_of
from rwkv.folded_embedding import plan_embedding, plan_head
from rwkv.model_config import ModelConfig
from rwkv.tensor_plan import PlannedTensor, StoredTensor
from rwkv.version_names import recognise_version
from rwkv.weight_file import WeightFile


@dataclass(frozen=True)
class CheckpointPlan:
    """`embedding` is the table and the norm that is folded into it; `others` come in the order of files."""

    config: ModelConfig
    embedding: list[PlannedTensor]
    others: list[StoredTensor]

    def unused(self, weights: WeightFile) -> list[str]:
        """The checkpoint's tensors that nothing is made of, sorted."""
        used = {source for tensor in (*self.embedding, *self.others) for source in tensor.sources()}
        return sorted(weights.names() - used)


def plan_checkpoint(weights: WeightFile, group_norm_eps: float | None) -> CheckpointPlan:
    """Raises `InputError` when the version is not supported, or a tensor is missing or of another shape."""
    layout = layout_of(arch_of_version(weights.path, recognise_version(weights)))
    config = layout.read_figures(weights, group_norm_eps)
    blocks = [layout.plan_block(weights, config, layer) for layer in range(config.layers)]
    others: list[StoredTensor] = [*(tensor for block in blocks for tensor in block), *plan_head(config)]
    plan = CheckpointPlan(config, plan_embedding(config), others)
    for tensor in (*plan.embedding, *plan.others):
        tensor.check(weights)
    return plan
