"""The RWKV-6 recurrence as a differentiable JAX function: wkv6.cc. RWKV-5 is the case of constant decays.

Per head, with S [N,N] indexed [key, value]:  y = (S + diag(u) k vᵀ)ᵀ r;  S ← diag(w) S + k vᵀ.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from native_kernels import kept_shape, register_kernels

Wkv = tuple[jax.Array, jax.Array]


def wkv6(r: jax.Array, w: jax.Array, k: jax.Array, v: jax.Array, u: jax.Array, state: jax.Array) -> Wkv:
    """Map inputs [B,T,H,64], u [H,64], a state [B,H,64,64] to y [B,T,H,64] and the state after the last."""
    remembered, after = _from_state(r, w, k, v, state)
    return remembered + (r * u * k).sum(-1, keepdims=True) * v, after


def _call_forward(*inputs: jax.Array) -> Sequence[jax.Array]:
    """Return Sᵀ r, the state after the last token, and the states kept for the gradient."""
    register_kernels("wkv6")
    r, *_, state = inputs
    shapes = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in (r.shape, state.shape, kept_shape(r))]
    return jax.ffi.ffi_call("Wkv6Forward", shapes)(*inputs)


@jax.custom_vjp
def _from_state(r: jax.Array, w: jax.Array, k: jax.Array, v: jax.Array, state: jax.Array) -> Wkv:
    """Return what the tokens read from the state, without the bonus for themselves, and the last state."""
    y, after, _ = _call_forward(r, w, k, v, state)
    return y, after


def _forward(*inputs: jax.Array) -> tuple[Wkv, tuple[jax.Array, ...]]:
    y, after, kept = _call_forward(*inputs)
    return (y, after), (*inputs[:4], kept)


def _backward(saved: tuple[jax.Array, ...], gradients: Wkv) -> tuple[jax.Array, ...]:
    *inputs, _ = saved
    shapes = [jax.ShapeDtypeStruct(x.shape, jnp.float32) for x in (*inputs, gradients[1])]
    return tuple(jax.ffi.ffi_call("Wkv6Backward", shapes)(*saved, *gradients))


_from_state.defvjp(_forward, _backward)
