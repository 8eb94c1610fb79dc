"""RWKV-5's and -6's state over blocks of tokens as matrix products instead of steps: the same sums.

With D_{s→t} the product of the decays after token s up to token t, of a block that begins after token 0:

    y_t = (D_{0→t−1}·r_t)·S₀ + Σ_{s<t} (Σ r_t·D_{s→t−1}·k_s)·v_s + (Σ r_t·u·k_t)·v_t
    S_L = D_{0→L}·S₀ + Σ_s (D_{s→L}·k_s) v_sᵀ

Formulas: gated linear attention over chunks (arXiv:2312.06635). fp16: a decay may be e^−9.7, so D_{s→t} must
not be made of D_{0→t} and 1/D_{0→s}. It is made of two factors, each at most 1, that meet between s and t: in
the middle of the smallest aligned group of 2, 4, 8, 16, 32 tokens that holds both. Each size is a *level*; in
the first both factors are 1.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwkv.graph_builder import GraphBuilder
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.token_blocks import TokenBlocks

# Below e^−17.4 lies nothing that fp16 has; of e^−90 and less the HTP makes −131008.
SUMS = {"nothing": -20.0, "everything": 0.0}
Mask: TypeAlias = NDArray[np.bool_]


def add_wkv_block(
    graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str], exponent: str
) -> str:
    """Move the state [H, key, value] on by all tokens T; what each reads of it, normalised per head: [T, C].

    `vectors` are r, k, v as [T, C]; the decay's `exponent` is [T, C].
    """
    return WkvBlocks(graph, config, layer).add(vectors, exponent)


class WkvBlocks(TokenBlocks):
    """Adds the nodes of one layer."""

    def __init__(self, graph: GraphBuilder, config: ModelConfig, layer: int) -> None:
        super().__init__(graph, config, layer)
        self.eps = config.group_norm_eps / config.wkv_divisor**2
        self.sums = DecaySums(self.tokens, self.length)

    def add(self, vectors: dict[str, str], exponent: str) -> str:
        """Within all blocks at once, then the states from block to block, then what is read of them."""
        sums = self.decay_sums(exponent)
        r, k, v = (self.taken(vectors[letter], letter) for letter in "rkv")
        writes = self.op("Mul", [k, self.decays(sums, 1, "k")], "k.decayed")
        learnt = self.op("MatMul", [self.turned(writes, "k.columns"), v], "learnt")  # [G, N, N]
        before = self.add_states(learnt, self.whole_decays(sums))

        reads = self.op("Mul", [r, self.decays(sums, 0, "r")], "r.decayed")
        of_state = self.op("MatMul", [reads, before], "of_state")
        of_earlier = self.op("MatMul", [self.add_found(r, k, sums), v], "of_earlier")
        y = self.op("Add", [of_state, of_earlier], "y.read")
        y = self.op("Add", [y, self.own_values(vectors["r"], vectors["k"], v, "time_faaaa")], "y.rows")
        return self.normalised(y, self.eps)

    def decay_sums(self, exponent: str) -> str:
        """The exponents of all decays, in the order of `DecaySums.matrix`: [(1 + levels)·T + B, C]."""
        matrix = self.graph.constant(f"decay_sums_{self.tokens}", self.sums.matrix())
        ends = [self.graph.constant(f"decay.{end}", np.array(at, np.float32)) for end, at in SUMS.items()]
        return self.op("Clip", [self.op("MatMul", [matrix, exponent], "decay.sums"), *ends], "decay.clipped")

    def decays(self, sums: str, index: int, name: str) -> str:
        """The decays number `index` of those that there are for each token, [G, L, N]."""
        rows = self.part(sums, 0, index * self.tokens, (index + 1) * self.tokens, f"{name}.sums")
        return self.op("Exp", [self.by_heads(rows, f"{name}.exponents")], f"{name}.decays")

    def whole_decays(self, sums: str) -> str:
        """D_{0→L} of each block, [G, N, 1]."""
        first = (1 + self.sums.levels) * self.tokens
        rows = self.part(sums, 0, first, first + self.blocks, "block.sums")
        columns = self.reshape(rows, (self.blocks * self.h, self.n, 1), "block.exponents")
        return self.op("Exp", [columns], "block.decays")

    def add_states(self, learnt: str, whole: str) -> str:
        """The states before each block [G, N, N]; the one after the last goes out."""
        wkv = self.graph.input(f"{self.state}_in", (self.h, self.n, self.n))
        before = []
        for block in range(self.blocks):
            before.append(wkv)
            decay = self.of_block(whole, block, "block.decay")
            decayed = self.op("Mul", [wkv, decay], f"wkv.{block}.decayed")
            after = f"{self.state}_out" if block == self.blocks - 1 else f"{self.att}blocks.wkv.{block}"
            wkv = self.graph.op("Add", [decayed, self.of_block(learnt, block, "learnt")], after)
        self.graph.output(wkv, (self.h, self.n, self.n))
        return before[0] if self.blocks == 1 else self.op("Concat", before, "wkv.before", axis=0)

    def add_found(self, r: str, k: str, sums: str) -> str:
        """What each token reads of the keys of the earlier ones of its block, [G, L, L]."""
        length, found = self.length, ""
        for level in range(self.sums.levels):
            name = f"level{level}"
            later = self.graph.constant(f"later_{length}_{level}", self.sums.later(level)[None, :, None])
            rows = self.op("Where", [later, r, k], f"{name}.rows")
            if level > 0:
                rows = self.op("Mul", [rows, self.decays(sums, 1 + level, name)], f"{name}.decayed")
            pairs = self.op("MatMul", [rows, self.turned(rows, f"{name}.columns")], f"{name}.pairs")
            mask = self.graph.constant(f"pairs_{length}_{level}", self.sums.pairs(level)[None])
            pairs = self.op("Mul", [pairs, mask], f"{name}.found")
            found = pairs if level == 0 else self.op("Add", [found, pairs], f"{name}.sum")
        return found


class DecaySums:
    """Which tokens' exponents each factor's decay is the sum of."""

    def __init__(self, tokens: int, length: int) -> None:
        self.tokens = tokens
        self.length = length
        self.levels = max(1, (length - 1).bit_length())
        self.at = np.arange(tokens)
        self.block = self.at // length

    def matrix(self) -> Float32Array:
        """[(1 + levels)·T + B, T] of ones and zeros.

        For each token D_{0→t−1}, D_{t→L}, its factor in each level but the first; for each block D_{0→L}.
        """
        same = self.block[:, None] == self.block[None, :]
        row, column = self.at[:, None], self.at[None, :]
        rows = [same & (column < row), same & (column > row)]
        rows += [self.level_sums(level) for level in range(1, self.levels)]
        rows.append(np.arange(self.tokens // self.length)[:, None] == self.block[None, :])
        return np.concatenate(rows).astype(np.float32)

    def level_sums(self, level: int) -> Mask:
        """In a group's later half: from its middle to before the token; in the earlier one: from after it."""
        row, column = self.at[:, None], self.at[None, :]
        same = (row % self.length) // 2**level == (column % self.length) // 2**level
        same &= self.block[:, None] == self.block[None, :]
        later = np.tile(self.later(level), self.tokens // self.length)
        summed: Mask = same & np.where(later[:, None], column < row, column > row)
        return summed

    def later(self, level: int) -> Mask:
        """[L]: whether a token is in the later half of its group, where it reads, or else is read."""
        later: Mask = self.halves(level) % 2 == 1
        return later

    def pairs(self, level: int) -> Float32Array:
        """[L, L]: 1 where the reader (row) and what it reads meet at the level."""
        half = self.halves(level)
        return np.asarray((half[:, None] % 2 == 1) & (half[None, :] == half[:, None] - 1), np.float32)

    def halves(self, level: int) -> NDArray[np.int64]:
        """[L]: the number of each token's half group."""
        return np.asarray(np.arange(self.length) // 2**level, np.int64)
