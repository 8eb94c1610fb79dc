"""Train a small byte-level RWKV on Jane Austen. The output folder always holds the best model so far.

Example: python train_model.py --arch rwkv7 --out ../rwkv7-austen --work /tmp/austen --minutes 50
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from architectures import ARCHITECTURES, Architecture, Forward
from austen_corpus import END_OF_DOCUMENT, TEXTS, Corpus, Lanes, load_corpus
from headroom import with_headroom
from model_files import Arrays, as_shipped, update_json, write_atomically, write_model
from optimizer import OptimizerConfig, OptimizerState, apply_gradients, initial_state, learning_rate
from rwkv_parts import LayerState, Params, Sizes, token_losses, zero_state

HELDOUT_TOKENS = 4096
WEIGHTS_LICENSE = "CC0-1.0"

TrainStep = Callable[..., tuple[Params, OptimizerState, list[LayerState], jax.Array, jax.Array]]
Batch = tuple[jax.Array, jax.Array, jax.Array]  # what Lanes.next returns, on the device


@dataclass(frozen=True)
class RunConfig:
    """What --help lists, except for sizes and the optimizer."""

    arch: str
    out: Path
    texts: Path
    work: Path
    minutes: float
    steps: int
    lanes: int
    segment: int
    fresh_rate: float
    eval_every: int
    seed: int


def make_train_step(forward: Forward, sizes: Sizes, optimizer: OptimizerConfig) -> TrainStep:
    """Compile loss, gradient and update into one function."""

    def loss_of(params: Params, state: list[LayerState], batch: Batch) -> tuple[jax.Array, list[LayerState]]:
        inputs, targets, _ = batch
        logits, after = forward(params, sizes, inputs, state)
        return token_losses(logits, targets).mean(), after

    def step(
        params: Params, opt: OptimizerState, state: list[LayerState], batch: Batch, rate: jax.Array
    ) -> tuple[Params, OptimizerState, list[LayerState], jax.Array, jax.Array]:
        *_, keep = batch
        # Lanes that begin a new text forget the old one.
        state = jax.tree.map(lambda s: s * keep.reshape(-1, *[1] * (s.ndim - 1)), state)
        (loss, after), gradients = jax.value_and_grad(loss_of, has_aux=True)(params, state, batch)
        params, opt, norm = apply_gradients(optimizer, params, gradients, opt, rate)
        return params, opt, after, loss, norm

    return jax.jit(step, donate_argnums=(0, 1, 2))


def shipped(params: Params, sizes: Sizes, corpus: Corpus) -> Arrays:
    """Return the weights as the file will hold them."""
    trained = {name: np.asarray(p) for name, p in params.items()}
    return as_shipped(with_headroom(trained, sizes, corpus.calibration))


class Evaluator:
    """Losses of texts read from a zero state with the weights as they are shipped."""

    def __init__(self, forward: Forward, sizes: Sizes) -> None:
        self._sizes = sizes
        self._losses = jax.jit(
            lambda p, inputs, targets, state: token_losses(forward(p, sizes, inputs, state)[0], targets)
        )

    def nats(self, weights: Arrays, text: bytes, count: int) -> np.ndarray:
        """Return the loss of each of the first `count` bytes, after END_OF_DOCUMENT."""
        targets = np.frombuffer(text[:count], np.uint8).astype(np.int32)[None]
        inputs = np.concatenate([np.full((1, 1), END_OF_DOCUMENT, np.int32), targets[:, :-1]], axis=1)
        params = {name: jnp.asarray(array, jnp.float32) for name, array in weights.items()}
        return np.asarray(self._losses(params, inputs, targets, zero_state(self._sizes, 1)))[0]

    def validation_loss(self, weights: Arrays, corpus: Corpus) -> float:
        """Return the mean loss of the validation chapters, in nats per byte."""
        size = min(len(text) for text in corpus.validation)  # one size, so that one compilation serves
        return float(np.mean([self.nats(weights, text, size).mean() for text in corpus.validation]))


def export(
    run: RunConfig, evaluator: Evaluator, weights: Arrays, corpus: Corpus, progress: dict[str, float]
) -> None:
    """Put the model in place with its perplexity on heldout.txt."""
    held = evaluator.nats(weights, corpus.heldout, HELDOUT_TOKENS)
    write_model(run.out / "model.safetensors", weights)
    update_json(
        run.out / "model.json",
        {
            "name": run.out.name,
            "arch": run.arch,
            "tokenizer": "byte",
            "license": WEIGHTS_LICENSE,
            "heldout_perplexity": round(math.exp(held.mean()), 4),
            "heldout_tokens": HELDOUT_TOKENS,
            "heldout_perplexity_first_256": round(math.exp(held[:256].mean()), 4),
            "heldout_bits_per_byte": round(float(held.mean()) / math.log(2), 4),
            "training": progress,
        },
    )


def train(run: RunConfig, sizes: Sizes, optimizer: OptimizerConfig) -> None:
    """Train until the time or the steps are used up."""
    architecture: Architecture = ARCHITECTURES[run.arch]
    corpus = load_corpus(run.work)
    run.out.mkdir(parents=True, exist_ok=True)
    write_atomically(run.texts / "heldout.txt", corpus.heldout)
    write_atomically(run.texts / "calibration.txt", corpus.calibration)

    params = architecture.initial_params(sizes, run.seed)
    opt = initial_state(params)
    state = zero_state(sizes, run.lanes)
    lanes = Lanes(corpus.train, run.lanes, run.segment, run.fresh_rate, run.seed)
    train_step = make_train_step(architecture.forward, sizes, optimizer)
    evaluator = Evaluator(architecture.forward, sizes)
    best, recent, began, step = math.inf, [], time.monotonic(), 0
    parameters, text_bytes = sum(p.size for p in params.values()), sum(map(len, corpus.train))
    print(f"{parameters} parameters, {text_bytes} bytes of training text")

    progress = 0.0
    while progress < 1:
        rate = jnp.float32(learning_rate(optimizer, progress))
        params, opt, state, loss, norm = train_step(params, opt, state, jax.device_put(lanes.next()), rate)
        recent.append(float(loss))
        step += 1
        minutes = (time.monotonic() - began) / 60
        progress = max(step / run.steps, minutes / run.minutes)
        tokens = step * run.lanes * run.segment
        if step % 20 == 0:
            speed = tokens / (60 * minutes)
            print(
                f"step {step} {minutes:.1f} min {progress:.1%} loss {np.mean(recent[-20:]):.4f} "
                f"norm {float(norm):.2f} rate {float(rate):.2e} {speed:.0f} tokens/s",
                flush=True,
            )
        if step % run.eval_every == 0 or progress >= 1:
            weights = shipped(params, sizes, corpus)
            validation = evaluator.validation_loss(weights, corpus)
            print(
                f"step {step} validation {validation:.4f} nats/byte, {validation / math.log(2):.4f} bits",
                flush=True,
            )
            if validation < best:
                best = validation
                done = {"tokens": tokens, "steps": step, "minutes": round(minutes, 1)}
                export(run, evaluator, weights, corpus, done)


def parse_arguments() -> tuple[RunConfig, Sizes, OptimizerConfig]:
    """Turn the command line into configurations."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--arch", choices=ARCHITECTURES, required=True)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder that gets model.safetensors and model.json"
    )
    parser.add_argument(
        "--texts", type=Path, default=TEXTS, help="folder that gets heldout.txt and calibration.txt"
    )
    parser.add_argument("--work", type=Path, required=True, help="scratch folder for the Debian package")
    parser.add_argument("--minutes", type=float, default=50, help="the run ends after this long, or …")
    parser.add_argument(
        "--steps", type=int, default=4000, help="… after this many steps, whichever comes first"
    )
    parser.add_argument("--lanes", type=int, default=32, help="texts read side by side")
    parser.add_argument("--segment", type=int, default=256, help="bytes per lane and step")
    parser.add_argument(
        "--fresh-rate", type=float, default=1 / 16, help="chance that a lane starts a new text"
    )
    parser.add_argument("--eval-every", type=int, default=100, help="steps between validations")
    parser.add_argument("--layers", type=int, default=Sizes.n_layer)
    parser.add_argument("--width", type=int, default=Sizes.n_embd, help="channels, a multiple of 64")
    parser.add_argument("--rate", type=float, default=OptimizerConfig.peak_rate, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = RunConfig(
        arch=given.arch,
        out=given.out,
        texts=given.texts,
        work=given.work,
        minutes=given.minutes,
        steps=given.steps,
        lanes=given.lanes,
        segment=given.segment,
        fresh_rate=given.fresh_rate,
        eval_every=given.eval_every,
        seed=given.seed,
    )
    sizes = ARCHITECTURES[given.arch].sizes(n_layer=given.layers, n_embd=given.width)
    return run, sizes, OptimizerConfig(peak_rate=given.rate)


if __name__ == "__main__":
    train(*parse_arguments())
