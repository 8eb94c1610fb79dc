"""What keeps RWKV-5 and -6 within fp16 (65504) on the HTP: powers of two that cancel out exactly.

The product of key and value grows beyond fp16 in trained models, and so does the residual stream of deep
ones. The stored weights are divided so that the graph's wkv and state are 1/8 as large, which the heads' norm
undoes when its eps is divided too: norm(x/8, eps/64) = norm(x, eps). Every `layers_per_halving` layers the
residual stream is halved; what a layer adds to it is divided as often, and the eps of the layer norms that
read it is divided by 4 as often.
"""

from __future__ import annotations

from rwkv.model_config import ModelConfig

KEY_DIVISOR = 2.0
VALUE_DIVISOR = 4.0
WKV_DIVISOR = KEY_DIVISOR * VALUE_DIVISOR
LAYERS_PER_HALVING = 6

# The music models (ABC, MIDI) do without: their residual stream stays small.
MUSIC_VOCABULARIES = (128, 20096)


def layers_per_halving(vocab: int) -> int:
    """After how many layers the stream of a v5 or v6 with this vocabulary is halved; 0 is never."""
    return 0 if vocab in MUSIC_VOCABULARIES else LAYERS_PER_HALVING


def stream_divisor(config: ModelConfig, layer: int) -> float:
    """How much smaller than the model's own the graph's residual stream is inside a layer."""
    return 1.0 if config.layers_per_halving == 0 else 2.0 ** (layer // config.layers_per_halving)


def is_halved_before(config: ModelConfig, layer: int) -> bool:
    """Whether the stream is halved on its way into a layer."""
    return layer > 0 and config.layers_per_halving > 0 and layer % config.layers_per_halving == 0


def stream_norm_eps(config: ModelConfig, layer: int) -> float:
    """The eps with which a layer norm inside a layer gives what it would without the halvings."""
    return config.layer_norm_eps / stream_divisor(config, layer) ** 2
