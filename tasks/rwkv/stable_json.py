"""JSON files that are the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path


def write_json(value: dict[str, object], path: Path) -> None:
    """JSON with sorted keys, indented, one line feed at its end: the same bytes each time."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
