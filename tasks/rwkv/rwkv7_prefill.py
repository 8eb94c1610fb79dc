"""RWKV-7's state over blocks of tokens as matrix products instead of steps: the same sums in another order.

With W_t the product of the decays up to token t of a block, the state before it S₀ and S = Ŝ·W:

    Ŝ_t = Ŝ_{t−1} − u_t (kk_t·a_t/W_t)ᵀ + v_t (k_t/W_t)ᵀ
    u_t = Ŝ_{t−1}·(W_{t−1}·kk_t),   y_t = Ŝ_t·(W_t·r_t)

u depends on earlier u only, by a strictly lower triangular matrix F that is known in advance, so that
u = (I − F)⁻¹(…), a part that S₀ is multiplied with and a part that it is not. Both are known for all blocks
at once, and so are a block's y and the state after it: S₀ times a matrix, plus a matrix. Formulas: the delta
rule over chunks (arXiv:2406.06484) with RWKV-7's decay and rate.

fp16: a decay is never below e^−0.607, so relative to the middle of a block of 32 no W is above e^9.71. So
large are only the factors of what a block's tokens find of each other; states and what is read of them have
decays of at most 1. kk and its rate are at most 1; r and k are divided by 8, and may be 31 where all decays
are the least. Above the diagonal meet factors of tokens in the wrong order; what they give may overflow and
is replaced, not multiplied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rwkv.graph_builder import GraphBuilder
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.token_blocks import TokenBlocks

SCALE = 8.0


def add_wkv_block(graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str]) -> str:
    """Move the state [H, value, key] on by all tokens T; what these say of it, by heads normalised: [T, C].

    `vectors` are r, k, v, exponent as [T, C], kk and kk.rate as [T, H, N].
    """
    return WkvBlocks(graph, config, layer).add(vectors, config.group_norm_eps)


class WkvBlocks(TokenBlocks):
    """Adds the nodes of one layer. Inside, states are [key, value]."""

    def add(self, vectors: dict[str, str], eps: float) -> str:
        """Within all blocks at once, then the states from block to block, then what is read of them."""
        length, n = self.length, self.n
        sums = self.decay_sums(vectors["exponent"])
        away = self.op("Neg", [self.taken(vectors["kk"], "kk")], "kk.away")
        away = self.op("Mul", [away, self.decays(sums, 0, "before")], "away")
        r = self.scaled(self.taken(vectors["r"], "r"), "r", 1 / SCALE)
        r = self.op("Mul", [r, self.decays(sums, 1, "through")], "r")
        v = self.taken(vectors["v"], "v")  # [G, L, N]
        writes = self.add_writes(vectors, sums)  # [G, N, 2L]

        # what each token finds of what earlier ones (for r: and itself) write
        found = self.op("MatMul", [self.op("Concat", [away, r], "reads", axis=1), writes], "found.all")
        mask = self.graph.constant(f"causal_{length}", causal_mask(length))
        found = self.op("Where", [mask, found, self.graph.scalar("zero", 0.0)], "found")  # [G, 2L, 2L]
        of_kk = self.part(found, 1, 0, length, "found.kk")
        of_r = self.scaled(self.part(found, 1, length, 2 * length, "found.r"), "found.r", SCALE)

        start = self.edge_decays(sums, 0, "start", (1, n))
        away = self.op("Mul", [away, start], "away.of_start")
        r = self.op("Mul", [r, self.scaled(start, "start", SCALE)], "r.of_start")
        written = self.add_written(of_kk, away, self.scaled(v, "v", SCALE))  # [G, 2L, 2N]
        read = self.op("MatMul", [of_r, written], "read")  # [G, L, 2N]
        writes = self.op("Mul", [writes, self.edge_decays(sums, 1, "end", (n, 1))], "writes.of_end")
        learnt = self.op("MatMul", [writes, written], "learnt")  # [G, N, 2N]
        before = self.add_states(learnt, self.edge_decays(sums, 2, "whole", (n, 1)))
        reads = self.op("Add", [r, self.part(read, 2, 0, n, "read.of_state")], "r.unlearnt")
        y = self.op("MatMul", [reads, before], "y.of_state")
        y = self.op("Add", [y, self.part(read, 2, n, 2 * n, "read.of_values")], "y.rows")
        own = self.own_values(vectors["r"], vectors["k"], v, "r_k")
        own = self.by_tokens(own, "own")
        return self.graph.op("Add", [self.normalised(y, eps), own], f"{self.att}y")

    def scaled(self, x: str, name: str, factor: float) -> str:
        """A tensor times a factor."""
        return self.op("Mul", [x, self.graph.scalar(f"times_{factor:g}", factor)], f"{name}.scaled")

    def add_writes(self, vectors: dict[str, str], sums: str) -> str:
        """kk·a/W and k/W of all tokens of a block, [G, N, 2L]."""
        grown = self.decays(sums, 2, "back")
        rates = self.op("Mul", [self.taken(vectors["kk.rate"], "kk.rate"), grown], "kk.rate.grown")
        keys = self.scaled(self.taken(vectors["k"], "k"), "k", 1 / SCALE)
        keys = self.op("Mul", [keys, grown], "k.grown")
        return self.turned(self.op("Concat", [rates, keys], "writes.rows", axis=1), "writes")

    def add_written(self, of_kk: str, away: str, values: str) -> str:
        """What tokens write, times what: [[u's part of S₀, u's other part], [0, v]], [G, 2L, 2N]."""
        length = self.length
        of_updates = self.part(of_kk, 2, 0, length, "found.kk.updates")
        of_values = self.part(of_kk, 2, length, 2 * length, "found.kk.values")
        known = self.op("Concat", [away, self.op("MatMul", [of_values, values], "new")], "known", axis=2)
        updates = self.op("MatMul", [self.add_inverse(of_updates, "inverse"), known], "updates")
        shape = (self.blocks * self.h, length, self.n)
        none = self.graph.constant("zeros_" + "x".join(map(str, shape)), np.zeros(shape, np.float32))
        values = self.op("Concat", [none, values], "values", axis=2)
        return self.op("Concat", [updates, values], "written", axis=1)

    def add_states(self, learnt: str, whole: str) -> str:
        """The states before each block [G, N, N]; the one after the last goes out, turned."""
        h, n = self.h, self.n
        kept = self.part(learnt, 2, 0, n, "learnt.of_state")
        new = self.part(learnt, 2, n, 2 * n, "learnt.of_values")
        wkv = self.turned(self.graph.input(f"{self.state}_in", (h, n, n)), "wkv.turned")
        before = []
        for block in range(self.blocks):
            before.append(wkv)
            unlearnt = self.op("MatMul", [self.of_block(kept, block, "kept"), wkv], f"wkv.{block}.unlearnt")
            wkv = self.op("Mul", [wkv, self.of_block(whole, block, "whole.decay")], f"wkv.{block}.decayed")
            wkv = self.op("Add", [wkv, unlearnt], f"wkv.{block}.kept")
            wkv = self.op("Add", [wkv, self.of_block(new, block, "new")], f"wkv.{block}")
        self.graph.output(self.graph.op("Transpose", [wkv], f"{self.state}_out", perm=[0, 2, 1]), (h, n, n))
        return before[0] if self.blocks == 1 else self.op("Concat", before, "wkv.before", axis=0)

    def add_inverse(self, lower: str, name: str) -> str:
        """(I − F)⁻¹ of a strictly lower triangular F [G, L, L]: of ever larger blocks on the diagonal.

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

    def decays(self, sums: str, index: int, name: str) -> str:
        """The decays number `index` of those that there are for each token, [G, L, N]."""
        rows = self.part(sums, 0, index * self.tokens, (index + 1) * self.tokens, f"{name}.sums")
        return self.op("Exp", [self.by_heads(rows, f"{name}.exponents")], f"{name}.decays")

    def edge_decays(self, sums: str, index: int, name: str, shape: tuple[int, int]) -> str:
        """The decays number `index` of those that there are for each block, [G, 1, N] or [G, N, 1]."""
        first = 3 * self.tokens + index * self.blocks
        rows = self.part(sums, 0, first, first + self.blocks, f"{name}.sums")
        return self.op("Exp", [self.reshape(rows, (self.blocks * self.h, *shape), f"{name}.exponents")], name)

    def decay_sums(self, exponent: str) -> str:
        """The exponents of all decays, in the order of `sums_matrix`: [3T + 3B, C]."""
        matrix = self.graph.constant(f"decay_sums_{self.tokens}", sums_matrix(self.tokens, self.length))
        return self.op("MatMul", [matrix, exponent], "decay.sums")


def sums_matrix(tokens: int, length: int) -> Float32Array:
    """[3T + 3B, T]: adds the exponents of the decays between two places.

    From a block's middle to before, and through, each token; the reverse of the latter; from a block's
    beginning to its middle, from there to its end, all of the block.
    """
    through = np.tril(np.ones((tokens, tokens)))
    before = np.tril(through, -1)
    middles, ends = through[length // 2 - 1 :: length], through[length - 1 :: length]  # [B, T]
    starts = before[::length]
    middle = np.repeat(middles, length, axis=0)
    sums = [before - middle, through - middle, middle - through]
    sums += [middles - starts, ends - middles, ends - starts]
    return np.concatenate(sums).astype(np.float32)


def causal_mask(length: int) -> NDArray[np.bool_]:
    """[2L, 2L]: which writes a read can find; −kk those of earlier tokens, r also the token's own."""
    earlier, own = np.tri(length, k=-1, dtype=bool), np.tri(length, dtype=bool)
    return np.block([[earlier, earlier], [own, own]])


def beside_mask(length: int, size: int) -> NDArray[np.float32]:
    """[L, L]: 1 in the lower left quarter of each block of 2·size on the diagonal."""
    at = np.arange(length) // size
    rows, columns = at[:, None], at[None, :]
    return np.asarray((rows % 2 == 1) & (columns == rows - 1), np.float32)
