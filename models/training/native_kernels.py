"""Compiles a recurrence's C++ at first use and makes it known to XLA."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import subprocess
from pathlib import Path

import jax

HERE = Path(__file__).parent
SHARED = "head_rows.h"
KEEP_EVERY = 16  # kKeepEvery in head_rows.h
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fPIC", "-shared", "-pthread")


@functools.cache
def register_kernels(name: str) -> None:
    """Compile name.cc, unless that has been done, and register its NameForward and NameBackward."""
    source = HERE / f"{name}.cc"
    content = source.read_bytes() + (HERE / SHARED).read_bytes()
    key = hashlib.sha256(content + " ".join([jax.__version__, *FLAGS]).encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rwkv-training"
    library = cache / f"{name}-{key}.so"
    if not library.exists():
        cache.mkdir(parents=True, exist_ok=True)
        building = library.with_suffix(f".{os.getpid()}")
        compiler = os.environ.get("CXX", "g++")
        headers = ["-isystem", jax.ffi.include_dir()]
        subprocess.run([compiler, *FLAGS, *headers, str(source), "-o", str(building)], check=True)
        building.rename(library)
    loaded = ctypes.CDLL(str(library))
    for target in (f"{name.capitalize()}Forward", f"{name.capitalize()}Backward"):
        jax.ffi.register_ffi_target(target, jax.ffi.pycapsule(getattr(loaded, target)), platform="cpu")


def kept_shape(r: jax.Array) -> tuple[int, ...]:
    """Return the shape of the states that the kernels keep for the gradient; `r` is [B,T,H,N]."""
    batch, length, heads, size = r.shape
    return batch, heads, -(-length // KEEP_EVERY), size, size
