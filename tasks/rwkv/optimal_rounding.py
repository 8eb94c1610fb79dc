"""GPTQ: rounds a weight so that what the linear computes changes least, not the weight itself.

With the inputs X [tokens, in] of calibration and H = XᵀX, the codes of a row w make e·H·eᵀ small, where
e = w − scale·code. With H = L·Lᵀ that is |e·L|², and column j of e·L holds e_j·L_jj + Σ_(i>j) e_i·L_ij: going
from the last column to the first, each code takes up what the later ones left over. Frantar et al.,
"GPTQ" (arXiv:2210.17323); this order of elimination: Chen et al., "The geometry of LLM quantization"
(arXiv:2507.18553).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import Float32Array
from rwkv.weight_codes import Codes, largest_code, searched_scales

Reals: TypeAlias = NDArray[Any]  # fp64, or fp32 where a linear is wide
# Of the mean of H's diagonal, added to it: tokens, which are fewer than the directions that there are, show
# differences between these that other tokens will not. The second is for as many columns as tokens.
DAMPING = 0.01
DAMPING_FOR_FEW = 0.05
BLOCK = 128  # columns whose corrections to the others are applied together
LEAST_ENERGY = 1e-12  # where calibration saw nothing but zeros
REFITS = 3
WIDE = 2048  # from here on in fp32: memory and time count more


@dataclass(frozen=True)
class Curvature:
    """H of a linear's inputs, with its columns in the order of their weight, least first."""

    order: NDArray[np.intp]
    hessian: Reals
    factor: Reals

    @property
    def diagonal(self) -> Float32Array:
        """How much each column of the weight counts, in its original order."""
        found = np.empty(len(self.order), np.float32)
        found[self.order] = np.diagonal(self.hessian)
        return found


def curvature(inputs: Float32Array) -> Curvature:
    """H = XᵀX / tokens, damped, and its Cholesky factor."""
    x: Reals = inputs.astype(np.float32 if inputs.shape[1] > WIDE else np.float64)
    energy = np.square(x).mean(0)
    order = np.argsort(energy, kind="stable")
    x = x[:, order]
    hessian = x.T @ x / len(x)
    tokens, columns = x.shape
    damping = max(DAMPING, DAMPING_FOR_FEW * columns / tokens)
    hessian[np.diag_indices_from(hessian)] += damping * float(energy.mean()) + LEAST_ENERGY
    return Curvature(order, hessian, np.linalg.cholesky(hessian))


def optimal_codes(weight: Float32Array, bits: int, curve: Curvature) -> Codes:
    """Codes by GPTQ; after each pass the scales become the best ones for its codes."""
    ordered = weight[:, curve.order].astype(curve.factor.dtype)
    scales = searched_scales(weight, bits, curve.diagonal).astype(ordered.dtype)
    best_codes, best_scales = babai(ordered, scales, bits, curve.factor), scales
    best = losses(ordered, best_codes, best_scales, curve)
    for _ in range(REFITS):
        scales = fitted_scales(ordered, best_codes, best_scales, curve)
        codes = babai(ordered, scales, bits, curve.factor)
        found = losses(ordered, codes, scales, curve)
        better = found < best
        if not better.any():
            break
        best = np.where(better, found, best)
        best_codes = np.where(better[:, None], codes, best_codes)
        best_scales = np.where(better, scales, best_scales)
    values = np.empty(weight.shape, np.int8)
    values[:, curve.order] = best_codes.astype(np.int8)
    return Codes(values, best_scales.astype(np.float32), bits)


def babai(weight: Reals, scales: Reals, bits: int, factor: Reals) -> Reals:
    """Codes [out, in] for ordered columns, from the last to the first, block by block."""
    largest, columns = largest_code(bits), weight.shape[1]
    # Transposed: a column of the weight is contiguous.
    wanted = np.ascontiguousarray(weight.T)
    codes, errors = np.empty_like(wanted), np.zeros_like(wanted)
    for end in range(columns, 0, -BLOCK):
        begin = max(end - BLOCK, 0)
        left = factor[end:, begin:end].T @ errors[end:]  # what later blocks left over, per column
        for j in range(end - 1, begin - 1, -1):
            rest = left[j - begin] + factor[j + 1 : end, j] @ errors[j + 1 : end]
            codes[j] = np.clip(np.rint((wanted[j] + rest / factor[j, j]) / scales), -largest - 1, largest)
            errors[j] = wanted[j] - scales * codes[j]
    return codes.T


def losses(
    weight: Reals,
    codes: Reals,
    scales: Reals,
    curve: Curvature,
) -> Reals:
    """e·H·eᵀ of each row."""
    found: Reals = np.square((weight - scales[:, None] * codes) @ curve.factor).sum(1)
    return found


def fitted_scales(
    weight: Reals,
    codes: Reals,
    scales: Reals,
    curve: Curvature,
) -> Reals:
    """The scale of each row with the least loss for its codes: (w·H·qᵀ) / (q·H·qᵀ)."""
    curved = codes @ curve.hessian
    above, below = (curved * weight).sum(1), (curved * codes).sum(1)
    usable = (above > 0) & (below > 0)
    return np.where(usable, above / np.where(usable, below, 1), scales)
