"""A recipe: which weights take how many bits, and which operations stay floats. Data, from the pipeline.

    {"weights": {"*": "w8", "ffn": "w4"}, "float": ["wkv", "norm"], "methods": {"w4": "gptq"}}

A pattern is dotted names, each with `*` and `?` as in file names, that stand next to each other in a tensor's
name: `ffn`, `blocks.3.ffn.value`, `att.*`. Of several rules that match the last one counts; what none matches
is computed in fp16. `low-rank` stands for the weights that are narrower than the model.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, Self, TypeAlias

from rwkv.tool_failure import InputError

Form: TypeAlias = Literal["fp16", "w8", "w4"]
Method: TypeAlias = Literal["min-max", "mse", "gptq"]
FloatEnds: TypeAlias = Literal["fp16", "fp32"]

FORMS = ("fp16", "w8", "w4")
METHODS = ("min-max", "mse", "gptq")
FLOAT_ENDS = ("fp16", "fp32")
BITS = {"w8": 8, "w4": 4}
LOW_RANK = "low-rank"
ALL = "*"


@dataclass(frozen=True)
class Recipe:
    """`floats` are patterns and groups of `float_islands`; `headroom` widens the ranges of calibration.

    `io` is the type of a graph's inputs and outputs, where they are floats.
    """

    name: str
    weights: dict[str, Form]
    floats: list[str]
    methods: dict[str, Method]
    headroom: float
    io: FloatEnds = "fp16"

    @classmethod
    def parse(cls, name: str, text: str) -> Self:
        """From JSON; raises `InputError` when it is none or a word in it is unknown."""
        try:
            fields = json.loads(text)
            weights, methods = dict(fields.get("weights", {})), dict(fields.get("methods", {}))
            recipe = cls(
                name,
                weights,
                list(fields.get("float", [])),
                methods,
                float(fields.get("headroom", 1)),
                fields.get("io", "fp16"),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise InputError(f"precisions/{name}", f"not a recipe ({error})", "see the README") from error
        for key, words, known in (
            ("weights", weights.values(), FORMS),
            ("methods", methods.values(), METHODS),
            ("methods", methods.keys(), tuple(BITS)),
            ("io", [recipe.io], FLOAT_ENDS),
        ):
            for word in words:
                if word not in known:
                    hint = f"one of {', '.join(known)}"
                    raise InputError(f"precisions/{name}/{key}", f"there is no {word!r}", hint)
        return recipe

    def method(self, form: Form) -> Method:
        """How the codes of this form are found."""
        return self.methods.get(form, "min-max")

    @property
    def is_float(self) -> bool:
        """Whether nothing at all is quantised."""
        return ALL in self.floats


@dataclass(frozen=True)
class Linear:
    """A linear's weight [out, in] and the tensor that it is applied to."""

    weight: str
    shape: tuple[int, int]
    input: str


def choose_forms(recipe: Recipe, linears: Iterable[Linear], width: int) -> dict[str, Form]:
    """The form of each weight. Raises `InputError` when a pattern matches none, with the nearest names."""
    forms: dict[str, Form] = {}
    unused = dict.fromkeys(recipe.weights)
    names = []
    for linear in linears:
        names.append(linear.weight)
        forms[linear.weight] = "fp16"
        for pattern, form in recipe.weights.items():
            narrow = min(linear.shape) < width
            if narrow if pattern == LOW_RANK else matches(pattern, linear.weight):
                unused.pop(pattern, None)
                forms[linear.weight] = form
    for pattern in unused:
        if pattern not in (ALL, LOW_RANK):  # which RWKV-5 has none of
            place = f"precisions/{recipe.name}/weights/{pattern}"
            raise no_match(place, pattern, "weight of a linear", [*names, LOW_RANK])
    return forms


def matches(pattern: str, name: str) -> bool:
    """Whether the pattern's dotted parts stand next to each other in the name's."""
    parts, names = pattern.split("."), name.split(".")
    return any(
        all(fnmatchcase(name, part) for name, part in zip(names[start:], parts, strict=False))
        for start in range(len(names) - len(parts) + 1)
    )


def no_match(place: str, pattern: str, what: str, names: Iterable[str]) -> InputError:
    """The error for a pattern without effect."""
    candidates = {part for name in names for part in endings(name)}
    near = difflib.get_close_matches(pattern, candidates, 3, 0.4)
    hint = f"the nearest are {', '.join(near)}" if near else f"there is {', '.join(sorted(names)[:5])} …"
    return InputError(place, f"the pattern {pattern!r} matches no {what}", hint)


def endings(name: str) -> Iterable[str]:
    """What a pattern for this name may look like: the whole of it, and what follows each dot."""
    parts = name.removesuffix(".weight").split(".")
    for start in (start for start, part in enumerate(parts) if not part.isdigit()):
        for end in range(start + 1, len(parts) + 1):
            yield ".".join(parts[start:end])


def rules_by_form(forms: Mapping[str, Form]) -> dict[str, list[str]]:
    """The weights of each form, for a line on what was decided."""
    return {form: [name for name, one in forms.items() if one == form] for form in FORMS}
