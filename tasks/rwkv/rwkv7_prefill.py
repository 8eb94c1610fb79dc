"""RWKV-7's state over a block of tokens as matrix products instead of steps: the same sums in another order.

With W_t the product of the decays up to token t of a block, the state before it S₀ and S = Ŝ·W:

    Ŝ_t = Ŝ_{t−1} − u_t (kk_t·a_t/W_t)ᵀ + v_t (k_t/W_t)ᵀ
    u_t = Ŝ_{t−1}·(W_{t−1}·kk_t),   y_t = Ŝ_t·(W_t·r_t)

u depends on earlier u only, by a strictly lower triangular matrix L that is known in advance, so that
u = (I − L)⁻¹(…). Formulas: the delta rule over chunks (arXiv:2406.06484) with RWKV-7's decay and rate.

fp16: a decay is never below e^−0.607, so with W relative to the middle of a block of 16 no factor is above
e^4.9. Above the diagonal meet factors of tokens in the wrong order; what they give may overflow and is
replaced, not multiplied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rwkv.graph_builder import Attribute, GraphBuilder
from rwkv.model_config import ModelConfig
from rwkv.token_blocks import block_length


def add_wkv_block(graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str]) -> str:
    """Move the state [H, value, key] on by all tokens T; what each reads from it: [T, H, N].

    `vectors` are r, k, v, exponent as [T, C], kk and kk.rate as [T, H, N].
    """
    return WkvBlocks(graph, config, layer).add(vectors)


class WkvBlocks:
    """Adds the nodes of one layer. Inside, states are [H, key, value]; L tokens are a block."""

    def __init__(self, graph: GraphBuilder, config: ModelConfig, layer: int) -> None:
        self.graph = graph
        self.state = f"state{layer}_wkv"
        self.att = f"blocks.{layer}.att."
        self.c, self.h, self.n = config.embd, config.heads, config.head_size
        self.tokens = graph.form.tokens
        self.length = block_length(self.tokens)
        self.blocks = self.tokens // self.length

    def op(self, kind: str, inputs: list[str], name: str, **attributes: Attribute) -> str:
        """A node named after what it writes."""
        return self.graph.op(kind, inputs, self.att + name, **attributes)

    def part(self, x: str, axis: int, index: int, name: str, length: int) -> str:
        """The part number `index` of those with this length along an axis."""
        return self.graph.slice(x, axis, index * length, (index + 1) * length, self.att + name)

    def add(self, vectors: dict[str, str]) -> str:
        """All blocks, one after the other."""
        h, n, t, length = self.h, self.n, self.tokens, self.length
        decays = self.op("MatMul", [self.decay_sums(), vectors["exponent"]], "decay.sums")
        decays = self.op("Exp", [decays], "decays")  # [3T + B + 1, C]
        read_decays = self.graph.slice(decays, 0, 0, 2 * t, f"{self.att}read.decays")
        write_decays = self.graph.slice(decays, 0, 2 * t, 3 * t, f"{self.att}write.decays")
        ends = self.graph.slice(decays, 0, 3 * t, 3 * t + self.blocks + 1, f"{self.att}end.decays")
        ends = self.by_heads(ends, self.blocks + 1, [1, 2, 0], "end.columns")  # [H, N, B + 1]

        away = self.op("Neg", [vectors["kk"]], "kk.away")
        reads = self.pairs([away, vectors["r"]], "reads")
        reads = self.op("Mul", [reads, read_decays], "reads.decayed")
        reads = self.by_heads(reads, 2 * t, [1, 0, 2], "reads.heads")  # [H, 2T, N]
        written = [
            self.op("Mul", [self.flat(vectors[name], name), write_decays], f"{name}.grown")
            for name in ("kk.rate", "k")
        ]
        writes = self.by_heads(self.pairs(written, "writes"), 2 * t, [1, 2, 0], "writes.heads")  # [H, N, 2T]
        values = self.by_heads(vectors["v"], t, [1, 0, 2], "v.rows")  # [H, T, N]

        before = self.graph.input(f"{self.state}_in", (h, n, n))
        wkv = self.op("Transpose", [before], "wkv.turned", perm=[0, 2, 1])
        rows = []
        for block in range(self.blocks):
            end = self.part(ends, 2, block, f"end.{block}", 1)
            wkv = self.op("Mul", [wkv, end], f"wkv.{block}.scaled")
            y, wkv = self.add_block(
                block,
                self.part(reads, 1, block, f"reads.{block}", 2 * length),
                self.part(writes, 2, block, f"writes.{block}", 2 * length),
                self.part(values, 1, block, f"values.{block}", length),
                wkv,
            )
            rows.append(y)
        wkv = self.op("Mul", [wkv, self.part(ends, 2, self.blocks, "end.last", 1)], "wkv.last")
        self.graph.output(self.graph.op("Transpose", [wkv], f"{self.state}_out", perm=[0, 2, 1]), (h, n, n))
        return self.op("Transpose", [self.op("Concat", rows, "y.blocks", axis=1)], "y.heads", perm=[1, 0, 2])

    def add_block(self, block: int, reads: str, writes: str, values: str, wkv: str) -> tuple[str, str]:
        """What the tokens of a block read [H, L, N], and the state after them.

        `reads` [H, 2L, N] are −kk and r, `writes` [H, N, 2L] are kk·a and k, `values` [H, L, N] are v.
        """
        length = self.length

        def op(kind: str, inputs: list[str], name: str, **attributes: Attribute) -> str:
            return self.op(kind, inputs, f"block{block}.{name}", **attributes)

        def half(x: str, axis: int, index: int, name: str) -> str:
            return self.part(x, axis, index, f"block{block}.{name}", length)

        # what each token finds of what earlier ones (for r: and itself) write
        found = op("MatMul", [reads, writes], "found")  # [H, 2L, 2L]
        mask = self.graph.constant(f"causal_{length}", causal_mask(length))
        found = op("Where", [mask, found, self.graph.scalar("zero", 0.0)], "found.causal")
        of_updates, of_values = half(found, 2, 0, "of_updates"), half(found, 2, 1, "of_values")

        known = op(
            "Add", [op("MatMul", [reads, wkv], "of_state"), op("MatMul", [of_values, values], "new")], "known"
        )
        inverse = self.add_inverse(half(of_updates, 1, 0, "of_updates.kk"), f"block{block}.inverse")
        updates = op("MatMul", [inverse, half(known, 1, 0, "known.kk")], "updates")  # [H, L, N]
        unlearnt = op("MatMul", [half(of_updates, 1, 1, "of_updates.r"), updates], "unlearnt")
        y = op("Add", [half(known, 1, 1, "known.r"), unlearnt], "y")
        learnt = op("MatMul", [writes, op("Concat", [updates, values], "written", axis=1)], "learnt")
        return y, op("Add", [wkv, learnt], "wkv")

    def add_inverse(self, lower: str, name: str) -> str:
        """(I − L)⁻¹ of a strictly lower triangular L [H, L, L]: of ever larger blocks on the diagonal.

        [[A, 0], [−C, B]]⁻¹ = [[A⁻¹, 0], [B⁻¹·C·A⁻¹, B⁻¹]]: nothing is larger than the inverse's own elements.
        """
        inverse, size = (
            self.graph.constant(f"identity_{self.length}", np.eye(self.length, dtype=np.float32)),
            1,
        )
        while size < self.length:
            mask = self.graph.constant(f"beside_{self.length}_{size}", beside_mask(self.length, size))
            step = self.op("Mul", [lower, mask], f"{name}.{size}.beside")
            if size > 1:
                step = self.op("MatMul", [inverse, step], f"{name}.{size}.left")
                step = self.op("MatMul", [step, inverse], f"{name}.{size}.right")
            inverse = self.op("Add", [inverse, step], f"{name}.{size}")
            size *= 2
        return inverse

    def flat(self, x: str, name: str) -> str:
        """By heads -> [T, C]."""
        return self.graph.reshape(x, (self.tokens, self.c), f"{self.att}{name}.flat")

    def pairs(self, both: list[str], name: str) -> str:
        """Two of [T, C] -> [2T, C]: of each block first the one's rows, then the other's."""
        shape = (self.blocks, self.length, self.c)
        blocks = [self.graph.reshape(x, shape, f"{x}.blocks") for x in both]
        joined = self.op("Concat", blocks, f"{name}.blocks", axis=1)
        return self.graph.reshape(joined, (2 * self.tokens, self.c), f"{self.att}{name}")

    def by_heads(self, x: str, rows: int, axes: list[int], name: str) -> str:
        """[rows, C] -> [rows, H, N] with its axes in another order."""
        heads = self.graph.reshape(x, (rows, self.h, self.n), f"{self.att}{name}.split")
        return self.op("Transpose", [heads], name, perm=axes)

    def decay_sums(self) -> str:
        """The matrix [3T + B + 1, T] that adds the exponents of the decays between two places.

        For each block: from its middle to before and through each token; then for all tokens the reverse of
        the latter; then from the beginning to the first block's middle, from middle to middle, to the end.
        """
        t, length = self.tokens, self.length
        through = np.tril(np.ones((t, t)))
        before = np.tril(np.ones((t, t)), -1)
        middles = through[length // 2 - 1 :: length]  # [B, T]
        middle = np.repeat(middles, length, axis=0)
        reads = np.stack([before - middle, through - middle]).reshape(2, self.blocks, length, t)
        of_reads = reads.transpose(1, 0, 2, 3).reshape(2 * t, t)
        edges = np.concatenate([np.zeros((1, t)), middles, np.ones((1, t))])
        sums = np.concatenate([of_reads, middle - through, np.diff(edges, axis=0)])
        return self.graph.constant(f"decay_sums_{t}", sums.astype(np.float32))


def causal_mask(length: int) -> NDArray[np.bool_]:
    """[2L, 2L]: which writes a read can find; −kk those of earlier tokens, r also the token's own."""
    earlier, own = np.tri(length, k=-1, dtype=bool), np.tri(length, dtype=bool)
    return np.block([[earlier, earlier], [own, own]])


def beside_mask(length: int, size: int) -> NDArray[np.float32]:
    """[L, L]: 1 in the lower left quarter of each block of 2·size on the diagonal."""
    at = np.arange(length) // size
    rows, columns = at[:, None], at[None, :]
    return np.asarray((rows % 2 == 1) & (columns == rows - 1), np.float32)
