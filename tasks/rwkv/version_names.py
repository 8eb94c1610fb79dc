"""Which RWKV a checkpoint is, by the exact names of its tensors (and one shape); never by its file name."""

from __future__ import annotations

from rwkv.tool_failure import InputError
from rwkv.weight_file import WeightFile

ATTENTION = "blocks.0.att."


def recognise_version(weights: WeightFile) -> str:
    """One of "4", "5.0", "5.1", "5.2", "6", "7", "7a" and "7b"; raises `InputError` when it is none of them.

    5.0 has no gate; 5.1 adds `gate.weight` with a scalar decay per head; 5.2 has a decay per channel; 6 has
    `time_maa_*`; 7 has `r_k`; 7a adds `ffn.s_emb`, `ffn.s1` and more; 7b adds `qkv`, an attention over all
    earlier tokens.
    """
    names = weights.names()
    if f"{ATTENTION}r_k" in names:
        if any(name.startswith("blocks.0.qkv.") for name in names):
            return "7b"
        return "7a" if any(name.startswith("blocks.0.ffn.s") for name in names) else "7"
    if f"{ATTENTION}time_maa_x" in names:
        return "6"
    if f"{ATTENTION}ln_x.weight" in names and f"{ATTENTION}time_decay" in names:
        if f"{ATTENTION}gate.weight" not in names:
            return "5.0"
        decay = weights.shape(f"{ATTENTION}time_decay")
        return "5.2" if len(decay) == 2 and decay[1] > 1 else "5.1"
    if f"{ATTENTION}time_decay" in names:
        return "4"
    raise InputError(
        weights.path,
        f"not recognised as any RWKV: none of its {len(names)} tensors has a name that tells the version",
        "give the weights of an RWKV model as its author published them (.pth or .safetensors)",
    )
