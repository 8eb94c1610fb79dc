"""The figures of a model: `config.json` of a weights folder, the same fields for every RWKV version."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rwkv.stable_json import write_json
from rwkv.tool_failure import InputError

FORMAT = 1
MAKE_AGAIN = "make the folder again with write_weights.py of this version"


@dataclass(frozen=True)
class ModelConfig:
    """Sizes count elements. `ranks` are those of the low-rank pairs by purpose; an unused one is 0.

    `layers_per_halving` and `wkv_divisor`: what the graph divides for fp16's sake, see `half_range`.
    `tuned_state`: whether the heads start from a stored state and not from zeros.
    """

    arch: str
    layers: int
    embd: int
    heads: int
    head_size: int
    ffn: int
    vocab: int
    ranks: dict[str, int]
    layer_norm_eps: float
    group_norm_eps: float
    layers_per_halving: int = 0
    wkv_divisor: float = 1.0
    tuned_state: bool = False


def write_config(config: ModelConfig, path: Path) -> None:
    """Write the configuration as JSON with sorted keys."""
    write_json({"format": FORMAT, **asdict(config)}, path)


def read_config(path: Path) -> ModelConfig:
    """Raises `InputError` when the file is not a configuration of this format."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(path, f"not JSON ({error})", MAKE_AGAIN) from error
    if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
        raise InputError(path, f"not a configuration of format {FORMAT}", MAKE_AGAIN)
    try:
        config = ModelConfig(**fields)
    except TypeError as error:
        raise InputError(path, f"the fields differ ({error})", MAKE_AGAIN) from error
    sizes = (config.layers, config.embd, config.heads, config.head_size, config.ffn, config.vocab)
    if not all(type(size) is int and size > 0 for size in sizes):
        raise InputError(path, "a size in it is not a positive integer", MAKE_AGAIN)
    return config
