"""The RWKV-7 recurrence as a differentiable JAX function: wkv7.cc, which is compiled at first use.

Per head, with S [N,N] indexed [value, key]:  u = S a;  S ← S diag(w) + u bᵀ + v kᵀ;  y = S r.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp

SOURCE = Path(__file__).with_name("wkv7.cc")
KEEP_EVERY = 16  # kKeepEvery in wkv7.cc
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fPIC", "-shared", "-pthread")

Wkv = tuple[jax.Array, jax.Array]


@functools.cache
def register_kernels() -> None:
    """Compile the kernels unless this source with these flags has been, and make them known to XLA."""
    key = hashlib.sha256(SOURCE.read_bytes() + " ".join([jax.__version__, *FLAGS]).encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rwkv7-training"
    library = cache / f"wkv7-{key}.so"
    if not library.exists():
        cache.mkdir(parents=True, exist_ok=True)
        building = library.with_suffix(f".{os.getpid()}")
        command = [
            os.environ.get("CXX", "g++"),
            *FLAGS,
            "-isystem",
            jax.ffi.include_dir(),
            str(SOURCE),
            "-o",
            str(building),
        ]
        subprocess.run(command, check=True)
        building.rename(library)
    loaded = ctypes.CDLL(str(library))
    for target in ("Wkv7Forward", "Wkv7Backward"):
        jax.ffi.register_ffi_target(target, jax.ffi.pycapsule(getattr(loaded, target)), platform="cpu")


def _call_forward(*inputs: jax.Array) -> Sequence[jax.Array]:
    """Return y, the state after the last token, and the states kept for the gradient."""
    register_kernels()
    r, *_, state = inputs
    batch, length, heads, size = r.shape
    kept = (batch, heads, -(-length // KEEP_EVERY), size, size)
    shapes = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in (r.shape, state.shape, kept)]
    return jax.ffi.ffi_call("Wkv7Forward", shapes)(*inputs)


@jax.custom_vjp
def wkv7(
    r: jax.Array, w: jax.Array, k: jax.Array, v: jax.Array, a: jax.Array, b: jax.Array, state: jax.Array
) -> Wkv:
    """Map inputs [B,T,H,64] and a state [B,H,64,64] to y [B,T,H,64] and the state after the last token."""
    y, after, _ = _call_forward(r, w, k, v, a, b, state)
    return y, after


def _forward(*inputs: jax.Array) -> tuple[Wkv, tuple[jax.Array, ...]]:
    y, after, kept = _call_forward(*inputs)
    return (y, after), (*inputs[:6], kept)


def _backward(saved: tuple[jax.Array, ...], gradients: Wkv) -> tuple[jax.Array, ...]:
    batch, _, heads, size = saved[0].shape
    shapes = [jax.ShapeDtypeStruct(x.shape, jnp.float32) for x in saved[:6]]
    shapes.append(jax.ShapeDtypeStruct((batch, heads, size, size), jnp.float32))
    return tuple(jax.ffi.ffi_call("Wkv7Backward", shapes)(*saved, *gradients))


wkv7.defvjp(_forward, _backward)
