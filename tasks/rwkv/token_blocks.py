"""How the tokens of a prefill are taken together, and how [tokens, C] is seen by blocks and heads."""

from __future__ import annotations

import numpy as np

from rwkv.graph_builder import Attribute, GraphBuilder
from rwkv.model_config import ModelConfig
from rwkv.tool_failure import InputError

SHORT, LONG = 16, 32


def block_length(tokens: int) -> int:
    """Tokens in a block: 32, else 16, or all when they are fewer."""
    return LONG if tokens % LONG == 0 else min(tokens, SHORT)


def check_tokens(tokens: int) -> None:
    """Raises `InputError` for a number of tokens that does not consist of whole blocks."""
    if tokens < 1 or tokens % block_length(tokens) != 0:
        raise InputError(
            "--tokens",
            f"a graph cannot take {tokens} tokens at once",
            f"ask for 1 to {SHORT}, or a multiple of {SHORT}",
        )


class TokenBlocks:
    """Adds nodes of one layer that only a prefill has: B blocks of L tokens, H heads of N, G = B·H.

    What they compute has three axes, [G, L, N] or [G, L, L]: with a fourth, or with C side by side, the HTP
    takes several times as long. All names have `att.blocks.` in them: they stay floats in every precision.
    """

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
        return self.graph.op(kind, inputs, f"{self.att}blocks.{name}", **attributes)

    def reshape(self, x: str, shape: tuple[int, ...], name: str) -> str:
        """The same elements in another shape."""
        return self.graph.reshape(x, shape, f"{self.att}blocks.{name}")

    def part(self, x: str, axis: int, first: int, last: int, name: str) -> str:
        """The places `first` … `last`−1 of an axis."""
        return self.graph.slice(x, axis, first, last, f"{self.att}blocks.{name}")

    def of_block(self, x: str, block: int, name: str) -> str:
        """What belongs to one block: [H, …] of [G, …]."""
        if self.blocks == 1:
            return x
        return self.part(x, 0, block * self.h, (block + 1) * self.h, f"{name}.{block}")

    def turned(self, x: str, name: str) -> str:
        """The last two axes of three, exchanged."""
        return self.op("Transpose", [x], name, perm=[0, 2, 1])

    def by_heads(self, x: str, name: str) -> str:
        """[T, C] or [T, H, N] -> [G, L, N]."""
        split = self.reshape(x, (self.blocks, self.length, self.h, self.n), f"{name}.split")
        heads = self.op("Transpose", [split], f"{name}.heads", perm=[0, 2, 1, 3])
        return self.reshape(heads, (self.blocks * self.h, self.length, self.n), name)

    def taken(self, vector: str, name: str) -> str:
        """What steps compute too, [T, C] or [T, H, N] -> [G, L, N]: on integers, where it is those.

        They become floats after it, by heads, which takes less time than with C side by side.
        """
        name = f"{self.att}{name}.taken"
        shape = (self.blocks, self.length, self.h, self.n)
        split = self.graph.reshape(vector, shape, f"{name}.split")
        heads = self.graph.op("Transpose", [split], f"{name}.heads", perm=[0, 2, 1, 3])
        return self.graph.reshape(heads, (self.blocks * self.h, self.length, self.n), name)

    def settled(self, x: str, name: str) -> str:
        """The same [G, …, N], as a product with the identity: on integers, where it is those.

        On the SA8255 integers become floats that products are made of in a fraction of the time when a
        product gave them.
        """
        identity = self.graph.constant(f"identity_{self.n}", np.eye(self.n, dtype=np.float32))
        return self.graph.op("MatMul", [x, identity], f"{self.att}{name}.settled")

    def by_tokens(self, x: str, name: str) -> str:
        """[G, L, N] -> [T, C]."""
        split = self.reshape(x, (self.blocks, self.h, self.length, self.n), f"{name}.split")
        tokens = self.op("Transpose", [split], name, perm=[0, 2, 1, 3])
        return self.reshape(tokens, (self.tokens, self.c), f"{name}.tokens")

    def own_values(self, r: str, k: str, v: str, weight: str) -> str:
        """What each token says of itself, (Σ r·k·weight)·v by heads: [G, L, N].

        `r` and `k` are [T, C], `v` is [G, L, N]. The sums are products with ones, which put them in all N
        places: the HTP takes a tenth of the time that ReduceSum takes.
        """
        product = self.graph.op("Mul", [r, k], f"{self.att}rk")
        weight = self.graph.weight(self.att + weight, (1, self.c))
        product = self.graph.op("Mul", [product, weight], f"{self.att}rk.scaled")
        ones = self.graph.constant(f"ones_{self.n}x{self.n}", np.ones((self.n, self.n), np.float32))
        sums = self.op("MatMul", [self.taken(product, "rk"), ones], "bonus")
        return self.op("Mul", [sums, v], "own.values")

    def normalised(self, y: str, eps: float) -> str:
        """A layer norm per head of [G, L, N], then scale and bias per channel: [T, C]."""
        ones = self.graph.constant("ones", np.ones(self.n, np.float32))
        zeros = self.graph.constant("zeros", np.zeros(self.n, np.float32))
        y = self.op("LayerNormalization", [y, ones, zeros], "y.rows.normal", axis=-1, epsilon=eps)
        y = self.by_tokens(y, "y.normal")
        scale, bias = (
            self.graph.weight(f"{self.att}ln_x.{name}", (1, self.c)) for name in ("weight", "bias")
        )
        y = self.graph.op("Mul", [y, scale], f"{self.att}y.scaled")
        return self.graph.op("Add", [y, bias], f"{self.att}y.shifted")
