"""How each weight of a part of a model is stored, as a file.

A part's file says nothing of the others, so a rule that touches one layer changes that layer's file only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rwkv.stable_json import write_json

StoredForm: TypeAlias = Literal["fp16", "w8", "w4", "u16"]


@dataclass(frozen=True)
class PlannedWeight:
    """`input` is the key of what a linear's weight is applied to; `headroom` is for an integer table."""

    form: StoredForm
    method: str = "min-max"
    input: str = ""
    headroom: float = 1.0


Plan: TypeAlias = dict[str, PlannedWeight]


def write_plan(plan: Plan, path: Path) -> None:
    """Write a part's plan."""
    write_json({name: asdict(planned) for name, planned in plan.items()}, path)


def read_plan(path: Path) -> Plan:
    """Read a part's plan."""
    fields = json.loads(path.read_text(encoding="utf-8"))
    return {name: PlannedWeight(**planned) for name, planned in fields.items()}
