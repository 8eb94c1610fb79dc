"""The RWKV-7 recurrence as a differentiable JAX function: wkv7.cc.

Per head, with S [N,N] indexed [value, key]:  u = S a;  S ← S diag(w) + u bᵀ + v kᵀ;  y = S r.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from native_kernels import kept_shape, register_kernels

Wkv = tuple[jax.Array, jax.Array]


def _call_forward(*inputs: jax.Array) -> Sequence[jax.Array]:
    """Return y, the state after the last token, and the states kept for the gradient."""
    register_kernels("wkv7")
    r, *_, state = inputs
    shapes = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in (r.shape, state.shape, kept_shape(r))]
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
    *inputs, _ = saved
    shapes = [jax.ShapeDtypeStruct(x.shape, jnp.float32) for x in (*inputs, gradients[1])]
    return tuple(jax.ffi.ffi_call("Wkv7Backward", shapes)(*saved, *gradients))


wkv7.defvjp(_forward, _backward)
