"""RWKV-5's and -6's state over blocks of tokens as matrix products instead of steps: the same sums.

With D_{s→t} the product of the decays after token s up to token t, of a block that begins after token 0:

    y_t = (D_{0→t−1}·r_t)·S₀ + Σ_{s<t} (Σ r_t·D_{s→t−1}·k_s)·v_s + (Σ r_t·u·k_t)·v_t
    S_L = D_{0→L}·S₀ + Σ_s (D_{s→L}·k_s) v_sᵀ

Formulas: gated linear attention over chunks (arXiv:2312.06635). fp16: a decay may be e^−9.7, so D_{s→t} must
not be made of D_{0→t} and 1/D_{0→s}. It is made of two factors, each at most 1, that meet between s and t: in
the middle of the smallest aligned group of 2, 4, 8, 16 tokens that holds both. Each size is a *level*.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwkv.graph_builder import Attribute, GraphBuilder
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.token_blocks import block_length

# Below e^−17.4 lies nothing that fp16 has; of e^−90 and less the HTP makes −131008.
SUMS = {"nothing": -20.0, "everything": 0.0}
Mask: TypeAlias = NDArray[np.bool_]


def add_wkv_block(
    graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str], exponent: str
) -> str:
    """Move the state [H, key, value] on by all tokens T; what each reads of it: [T, H, N].

    `vectors` are r, k, v as [T, C]; the decay's `exponent` is [T, C].
    """
    return WkvBlocks(graph, config, layer).add(vectors, exponent)


class WkvBlocks:
    """Adds the nodes of one layer: B blocks of L tokens."""

    def __init__(self, graph: GraphBuilder, config: ModelConfig, layer: int) -> None:
        self.graph = graph
        self.state = f"state{layer}_wkv"
        self.att = f"blocks.{layer}.att."
        self.c, self.h, self.n = config.embd, config.heads, config.head_size
        self.tokens = graph.form.tokens
        self.length = block_length(self.tokens)
        self.blocks = self.tokens // self.length
        self.sums = DecaySums(self.tokens, self.length)

    def op(self, kind: str, inputs: list[str], name: str, **attributes: Attribute) -> str:
        """A node named after what it writes."""
        return self.graph.op(kind, inputs, self.att + name, **attributes)

    def add(self, vectors: dict[str, str], exponent: str) -> str:
        """Within all blocks at once, then the states from block to block, then what is read of them."""
        reads_until, writes_until, between, whole = self.decays(exponent)
        reads = self.by_heads(self.op("Mul", [vectors["r"], reads_until], "r.decayed"), "r.rows")
        writes = self.by_heads(
            self.op("Mul", [vectors["k"], writes_until], "k.decayed"), "k.columns", turned=True
        )
        values = self.by_heads(vectors["v"], "v.rows")  # [B, H, L, N]
        learnt = self.op("MatMul", [writes, values], "learnt")  # [B, H, N, N]
        states = self.add_states(learnt, whole)

        of_state = self.op("MatMul", [reads, states], "of_state")  # [B, H, L, N]
        y = self.op("Add", [of_state, self.add_earlier(vectors, between, values)], "y.rows")
        y = self.op("Transpose", [y], "y.tokens", perm=[0, 2, 1, 3])
        y = self.graph.reshape(y, (self.tokens, self.h, self.n), f"{self.att}y.heads")
        return self.op("Add", [y, self.add_own(vectors)], "y.whole")

    def decays(self, exponent: str) -> tuple[str, str, str, str]:
        """D_{0→t−1} and D_{t→L} [T, C], the levels' factors [levels·T, C], D_{0→L} [B, C]."""
        t, between = self.tokens, self.sums.levels * self.tokens
        sums = self.graph.constant(f"decay_sums_{t}", self.sums.matrix())
        ends = [self.graph.constant(f"decay.{end}", np.array(at, np.float32)) for end, at in SUMS.items()]
        summed = self.op(
            "Clip", [self.op("MatMul", [sums, exponent], "decay.sums"), *ends], "decay.clipped.sums"
        )
        decays = self.op("Exp", [summed], "decays")

        def part(first: int, last: int, name: str) -> str:
            return self.graph.slice(decays, 0, first, last, f"{self.att}{name}.decays")

        return (
            part(0, t, "r"),
            part(t, 2 * t, "k"),
            part(2 * t, 2 * t + between, "level"),
            part(2 * t + between, 2 * t + between + self.blocks, "block"),
        )

    def add_states(self, learnt: str, whole: str) -> str:
        """The states before each block [B, H, N, N]; the one after the last goes out."""
        h, n = self.h, self.n
        wkv = self.graph.input(f"{self.state}_in", (h, n, n))
        before = []
        for block in range(self.blocks):
            before.append(self.graph.reshape(wkv, (1, h, n, n), f"{self.att}wkv.{block}.before"))
            decay = self.graph.slice(whole, 0, block, block + 1, f"{self.att}wkv.{block}.decay")
            decay = self.graph.reshape(decay, (h, n, 1), f"{self.att}wkv.{block}.column")
            wkv = self.op("Mul", [wkv, decay], f"wkv.{block}.decayed")
            new = self.graph.slice(learnt, 0, block, block + 1, f"{self.att}wkv.{block}.new")
            new = self.graph.reshape(new, (h, n, n), f"{self.att}wkv.{block}.learnt")
            last = block == self.blocks - 1
            wkv = self.graph.op("Add", [wkv, new], f"{self.state}_out" if last else f"{self.att}wkv.{block}")
        self.graph.output(wkv, (h, n, n))
        return self.op("Concat", before, "wkv.before", axis=0)

    def add_earlier(self, vectors: dict[str, str], between: str, values: str) -> str:
        """What each token reads of the earlier ones of its block, [B, H, L, N]."""
        levels, t, length = self.sums.levels, self.tokens, self.length
        later = self.graph.constant(f"later_{t}", self.sums.later()[:, :, None])
        rows = self.op("Where", [later, vectors["r"], vectors["k"]], "level.rows")  # [levels, T, C]
        rows = self.graph.reshape(rows, (levels * t, self.c), f"{self.att}level.rows.flat")
        rows = self.op("Mul", [rows, between], "level.rows.decayed")
        pairs = [self.by_heads(rows, "level.r"), self.by_heads(rows, "level.k", turned=True)]
        found = self.op("MatMul", pairs, "level.found")  # [levels·B, H, L, L]
        mask = np.repeat(self.sums.pairs()[:, None], self.blocks, 1).reshape(-1, 1, length, length)
        found = self.op("Mul", [found, self.graph.constant(f"pairs_{t}", mask)], "level.found.masked")
        found = self.graph.reshape(
            found, (levels, self.blocks * self.h, length, length), f"{self.att}level.all"
        )
        first_axis = self.graph.constant("first_axis", np.array([0], np.int64))
        found = self.op("ReduceSum", [found, first_axis], "found.flat", keepdims=0)
        found = self.graph.reshape(found, (self.blocks, self.h, length, length), f"{self.att}found")
        return self.op("MatMul", [found, values], "of_earlier")

    def add_own(self, vectors: dict[str, str]) -> str:
        """What each token reads of itself, [T, H, N]."""
        shape = (self.tokens, self.h, self.n)
        r, k, v = (self.graph.reshape(vectors[x], shape, f"{self.att}{x}.heads") for x in "rkv")
        product = self.op("Mul", [r, k], "rk")
        product = self.op(
            "Mul", [product, self.graph.weight(f"{self.att}time_faaaa", (self.h, self.n))], "ruk"
        )
        last_axis = self.graph.constant("last_axis", np.array([-1], np.int64))
        return self.op("Mul", [self.op("ReduceSum", [product, last_axis], "bonus", keepdims=1), v], "own")

    def by_heads(self, x: str, name: str, *, turned: bool = False) -> str:
        """[…·T, C] -> [… ·B, H, L, N], or [… ·B, H, N, L]."""
        split = self.graph.reshape(x, (-1, self.length, self.h, self.n), f"{self.att}{name}.split")
        return self.op("Transpose", [split], name, perm=[0, 2, 3, 1] if turned else [0, 2, 1, 3])


class DecaySums:
    """Which tokens' exponents each factor's decay is the sum of."""

    def __init__(self, tokens: int, length: int) -> None:
        self.tokens = tokens
        self.length = length
        self.levels = max(1, (length - 1).bit_length())
        self.at = np.arange(tokens)
        self.block = self.at // length

    def matrix(self) -> Float32Array:
        """[2T + levels·T + B, T] of ones and zeros: the decays in the order of `WkvBlocks.decays`."""
        same = self.block[:, None] == self.block[None, :]
        row, column = self.at[:, None], self.at[None, :]
        rows = [same & (column < row), same & (column > row)]
        rows += [self.level_sums(2**level) for level in range(self.levels)]
        rows.append(np.arange(self.tokens // self.length)[:, None] == self.block[None, :])
        return np.concatenate(rows).astype(np.float32)

    def level_sums(self, size: int) -> Mask:
        """In a group's later half: from its middle to before the token; in the earlier one: from after it."""
        row, column = self.at[:, None], self.at[None, :]
        same = (row % self.length) // size == (column % self.length) // size
        same &= self.block[:, None] == self.block[None, :]
        summed: Mask = same & np.where(self.is_later(size)[:, None], column < row, column > row)
        return summed

    def is_later(self, size: int) -> Mask:
        """Whether each token is in the later half of its group of 2·size."""
        later: Mask = (self.at % self.length) // size % 2 == 1
        return later

    def later(self) -> Mask:
        """[levels, T]: whether a token reads there (or else is read)."""
        return np.stack([self.is_later(2**level) for level in range(self.levels)])

    def pairs(self) -> Float32Array:
        """[levels, L, L]: 1 where the reader (row) and what it reads meet at the level."""
        at, levels = np.arange(self.length), []
        for size in (2**level for level in range(self.levels)):
            half = at // size
            levels.append((half[:, None] % 2 == 1) & (half[None, :] == half[:, None] - 1))
        return np.stack(levels).astype(np.float32)
