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

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Decays:
    """Of each token and channel [G, L, N], relative to the middle of its block; of each block and channel."""

    before: str
    through: str
    back: str  # the reverse of `through`
    start: str  # from the block's beginning to its middle, [G, 1, N]
    end: str  # from there to its end, [G, N, 1]
    whole: str  # [G, 1, N]


class WkvBlocks(TokenBlocks):
    """Adds the nodes of one layer. Inside, states are [key, value]."""

    def add(self, vectors: dict[str, str], eps: float) -> str:
        """Within all blocks at once, then from block to block the states and what is read of them."""
        length = self.length
        decays = self.decays(vectors["exponent"])
        away = self.op("Neg", [self.taken(vectors["kk"], "kk")], "kk.away")
        away = self.op("Mul", [away, decays.before], "away")
        r = self.scaled(self.taken(vectors["r"], "r"), "r", 1 / SCALE)
        r = self.op("Mul", [r, decays.through], "r")
        v = self.taken(vectors["v"], "v")  # [G, L, N]
        writes = self.add_writes(vectors, decays.back)  # [G, N, 2L]

        # what each token finds of what earlier ones (for r: and itself) write
        found = self.op("MatMul", [self.op("Concat", [away, r], "reads", axis=1), writes], "found.all")
        mask = self.graph.constant(f"causal_{length}", causal_mask(length))
        found = self.op("Where", [mask, found, self.graph.scalar("zero", 0.0)], "found")  # [G, 2L, 2L]
        of_kk = self.part(found, 1, 0, length, "found.kk")
        of_r = self.scaled(self.part(found, 1, length, 2 * length, "found.r"), "found.r", SCALE)

        away = self.op("Mul", [away, decays.start], "away.of_start")
        r = self.op("Mul", [r, self.scaled(decays.start, "start", SCALE)], "r.of_start")
        writes = self.op("Mul", [writes, decays.end], "writes.of_end")
        uses = self.op("Concat", [writes, of_r], "uses", axis=1)  # [G, N + L, 2L], of what tokens write
        of_state, of_values = self.add_used(uses, of_kk, away, self.scaled(v, "v", SCALE))
        identity = self.graph.constant(f"identity_{self.n}", np.eye(self.n, dtype=np.float32))
        kept = self.op("Mul", [identity, decays.whole], "whole.diagonal")
        kept = self.op("Concat", [kept, r], "unlearnt", axis=1)
        y = self.add_states(self.op("Add", [kept, of_state], "of_state"), of_values)
        own = self.own_values(vectors["r"], vectors["k"], v, "r_k")
        own = self.by_tokens(own, "own")
        return self.graph.op("Add", [self.normalised(y, eps), own], f"{self.att}y")

    def scaled(self, x: str, name: str, factor: float) -> str:
        """A tensor times a factor."""
        return self.op("Mul", [x, self.graph.scalar(f"times_{factor:g}", factor)], f"{name}.scaled")

    def decays(self, exponent: str) -> Decays:
        """All at once, in the order of `sums_matrix`; `exponent` is [T, C]."""
        length, groups = self.length, self.blocks * self.h
        exponent = self.settled(self.taken(exponent, "exponent"), "exponent")
        # A matrix for each, though it is the same: the HTP takes longer to use one for all.
        matrix = np.tile(sums_matrix(length), (groups, 1, 1))
        matrix_name = self.graph.constant(f"decay_sums_{groups}x{length}", matrix)
        decays = self.op("Exp", [self.op("MatMul", [matrix_name, exponent], "decay.sums")], "decays")

        def rows(first: int, last: int, name: str) -> str:
            return self.part(decays, 1, first, last, name)

        end = rows(2 * length - 1, 2 * length, "end.row")
        return Decays(
            before=rows(0, length, "before"),
            through=rows(length, 2 * length, "through"),
            back=rows(2 * length, 3 * length, "back"),
            start=rows(3 * length, 3 * length + 1, "start"),
            end=self.reshape(end, (groups, self.n, 1), "end"),
            whole=rows(3 * length + 1, 3 * length + 2, "whole"),
        )

    def add_writes(self, vectors: dict[str, str], grown: str) -> str:
        """kk·a/W and k/W of all tokens of a block, [G, N, 2L]."""
        rates = self.op("Mul", [self.taken(vectors["kk.rate"], "kk.rate"), grown], "kk.rate.grown")
        keys = self.scaled(self.taken(vectors["k"], "k"), "k", 1 / SCALE)
        keys = self.op("Mul", [keys, grown], "k.grown")
        return self.turned(self.op("Concat", [rates, keys], "writes.rows", axis=1), "writes")

    def add_used(self, uses: str, of_kk: str, away: str, values: str) -> tuple[str, str]:
        """What is used of what tokens write: (what S₀ is multiplied with, the rest), [G, N + L, N] each."""
        length, n = self.length, self.n
        of_updates = self.part(of_kk, 2, 0, length, "found.kk.updates")
        of_values = self.part(of_kk, 2, length, 2 * length, "found.kk.values")
        known = self.op("Concat", [away, self.op("MatMul", [of_values, values], "new")], "known", axis=2)
        updates = self.op("MatMul", [self.add_inverse(of_updates, "inverse"), known], "updates")  # [G, L, 2N]
        of_state = [
            self.part(uses, 2, 0, length, "uses.updates"),
            self.part(updates, 2, 0, n, "updates.state"),
        ]
        written = [self.part(updates, 2, n, 2 * n, "updates.values"), values]
        rest = [uses, self.op("Concat", written, "written", axis=1)]
        return self.op("MatMul", of_state, "used.of_state"), self.op("MatMul", rest, "used.of_values")

    def add_states(self, kept: str, new: str) -> str:
        """From block to block: kept·S + new is the state after it and below that what is read: [G, L, N]."""
        h, n = self.h, self.n
        wkv = self.graph.input(f"{self.state}_in", (h, n, n))
        wkv = self.graph.op("Transpose", [wkv], f"{self.att}wkv.turned", perm=[0, 2, 1])
        wkv = self.settled(wkv, "wkv")
        read = []
        for block in range(self.blocks):
            after = self.op("MatMul", [self.of_block(kept, block, "kept"), wkv], f"after.{block}.kept")
            after = self.op("Add", [after, self.of_block(new, block, "new")], f"after.{block}")
            wkv = self.part(after, 1, 0, n, f"wkv.{block}")
            read.append(self.part(after, 1, n, n + self.length, f"y.{block}"))
        self.graph.output(self.graph.op("Transpose", [wkv], f"{self.state}_out", perm=[0, 2, 1]), (h, n, n))
        return read[0] if self.blocks == 1 else self.op("Concat", read, "y.rows", axis=0)

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


def sums_matrix(length: int) -> Float32Array:
    """[3L + 2, L]: adds the exponents of the decays between two places of a block.

    From its middle to before, and through, each token; the reverse of the latter; from its beginning to its
    middle; all of it.
    """
    through = np.tril(np.ones((length, length)))
    before = np.tril(through, -1)
    middle, whole = through[length // 2 - 1], through[-1]
    sums = [before - middle, through - middle, middle - through, middle[None], whole[None]]
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
