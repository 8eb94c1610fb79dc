"""The versions that can be trained: a model, where its training starts, and how its files are told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import initial_rwkv5
import initial_rwkv6
import initial_rwkv7
import jax
import rwkv5_jax
import rwkv6_jax
import rwkv7_jax
from model_files import Arrays
from rwkv_parts import LayerState, Params, Sizes

# (params, sizes, tokens [B,T], state, readings) -> logits [B,T,V] and the state after the last token
Forward = Callable[..., tuple[jax.Array, list[LayerState]]]


@dataclass(frozen=True)
class Architecture:
    """One version of RWKV."""

    sizes: type[Sizes]
    initial_params: Callable[[Any, int], Params]
    forward: Forward
    head_vectors: str  # the tensor of the first block, [H,N], that has a vector for each head
    telling: str  # a tensor of the first block that no other version has

    def sizes_of(self, arrays: Arrays) -> Sizes:
        """Return the sizes that the tensors' shapes imply; nothing that is computed depends on ranks."""
        vocab_size, n_embd = arrays["emb.weight"].shape
        return self.sizes(
            n_layer=sum(name.endswith(".ln1.weight") for name in arrays),
            n_embd=n_embd,
            head_size=arrays[f"blocks.0.{self.head_vectors}"].shape[1],
            vocab_size=vocab_size,
        )


ARCHITECTURES = {
    "rwkv5": Architecture(
        rwkv5_jax.Rwkv5Sizes,
        initial_rwkv5.initial_params,
        rwkv5_jax.forward,
        head_vectors="att.time_faaaa",
        telling="att.time_mix_g",
    ),
    "rwkv6": Architecture(
        rwkv6_jax.Rwkv6Sizes,
        initial_rwkv6.initial_params,
        rwkv6_jax.forward,
        head_vectors="att.time_faaaa",
        telling="att.time_maa_x",
    ),
    "rwkv7": Architecture(
        rwkv7_jax.Rwkv7Sizes,
        initial_rwkv7.initial_params,
        rwkv7_jax.forward,
        head_vectors="att.r_k",
        telling="att.r_k",
    ),
}


def architecture_of(arrays: Arrays) -> Architecture:
    """Return the version that the tensors belong to."""
    return next(one for one in ARCHITECTURES.values() if f"blocks.0.{one.telling}" in arrays)
