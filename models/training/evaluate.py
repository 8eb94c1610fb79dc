"""Measure a byte-level model on the held-out text and let it write.

Example: python evaluate.py ../rwkv7-austen --prompt "It was a " --length 400 --temperature 0.7 --top-p 0.9
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from architectures import Forward, architecture_of
from austen_corpus import END_OF_DOCUMENT, TEXTS
from model_files import read_model
from rwkv_parts import LayerState, Params, Sizes, token_losses, zero_state


@dataclass(frozen=True)
class Model:
    """Weights and what computes with them."""

    params: Params
    sizes: Sizes
    forward: Forward


def load_model(path: Path) -> Model:
    """Read model.safetensors; its tensors tell the version and the sizes."""
    arrays = read_model(path)
    architecture = architecture_of(arrays)
    params = {name: jnp.asarray(array) for name, array in arrays.items()}
    return Model(params, architecture.sizes_of(arrays), architecture.forward)


def losses(model: Model, text: bytes) -> np.ndarray:
    """Return nats per byte of `text`, read from a zero state after END_OF_DOCUMENT."""
    targets = jnp.asarray(np.frombuffer(text, np.uint8), jnp.int32)[None]
    inputs = jnp.concatenate([jnp.full((1, 1), END_OF_DOCUMENT), targets[:, :-1]], axis=1)
    forward = jax.jit(partial(model.forward, sizes=model.sizes))
    logits, _ = forward(model.params, tokens=inputs, state=zero_state(model.sizes, 1))
    return np.asarray(token_losses(logits, targets))[0]


def pick(logits: np.ndarray, temperature: float, top_p: float, random: np.random.Generator) -> int:
    """Draw a token from the most likely ones that together have the probability `top_p`."""
    if temperature == 0:
        return int(logits.argmax())
    scaled = (logits - logits.max()).astype(np.float64) / temperature
    probabilities = np.exp(scaled) / np.exp(scaled).sum()
    order = np.argsort(-probabilities)
    kept = order[: int(np.searchsorted(np.cumsum(probabilities[order]), top_p)) + 1]
    return int(random.choice(kept, p=probabilities[kept] / probabilities[kept].sum()))


@dataclass(frozen=True)
class Sampling:
    """How a text is continued."""

    length: int  # bytes to add
    temperature: float
    top_p: float
    seed: int


def sample(model: Model, prompt: bytes, how: Sampling) -> bytes:
    """Continue `prompt` until the length is reached or the model ends the document."""
    random = np.random.default_rng(how.seed)

    @jax.jit
    def step(token: jax.Array, state: list[LayerState]) -> tuple[jax.Array, list[LayerState]]:
        logits, after = model.forward(model.params, model.sizes, token[None, None], state)
        return logits[0, 0], after

    state = zero_state(model.sizes, 1)
    for token in bytes([END_OF_DOCUMENT]) + prompt:
        logits, state = step(jnp.int32(token), state)
    written = bytearray(prompt)
    while len(written) < len(prompt) + how.length:
        token = pick(np.asarray(logits), how.temperature, how.top_p, random)
        if token == END_OF_DOCUMENT:
            break
        written.append(token)
        logits, state = step(jnp.int32(token), state)
    return bytes(written)


def main() -> None:
    """Print perplexities and a sample."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="folder with model.safetensors")
    parser.add_argument("--text", type=Path, default=TEXTS / "heldout.txt", help="what is predicted")
    parser.add_argument("--prompt", default="It was a ")
    parser.add_argument("--length", type=int, default=400, help="bytes to write")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--top-p", type=float, default=0.9)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    model = load_model(given.model / "model.safetensors")
    nats = losses(model, given.text.read_bytes())
    for count in (256, 4096, len(nats)):
        mean = float(nats[:count].mean())
        print(f"first {count} bytes: perplexity {math.exp(mean):.4f}, {mean / math.log(2):.4f} bits per byte")
    how = Sampling(given.length, given.temperature, given.top_p, given.seed)
    written = sample(model, given.prompt.encode(), how)
    print(written.decode("utf-8", "replace"))


if __name__ == "__main__":
    main()
