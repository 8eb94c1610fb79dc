"""The reports of a model's chunks, compiled for a proxy -> what a call of the model is predicted to cost.

The figures are Qualcomm's cost model's for the proxy. They say which of two graphs is the faster one, and
what bounds it; they are not the speed of the SoC.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.stable_json import write_json
from rwkv.tool_failure import InputError, run_tool

SUMMARY = "Add up the predicted costs of a model's chunks."
EXAMPLE = (
    "example: add_costs.py --model m --precision fp16 --soc SM8650 --proxy SA8255 --output predicted.json "
    "chunk1of1.json"
)
DECODE = "rwkv_decode"
# What carries a call's tokens into a graph, in rows.
TOKEN_INPUTS = ("token", "embedding", "hidden_in")
TABLE_ELEMENT = 2  # bytes: the embedding table is of halves or of 16-bit codes

Json = dict[str, Any]


def main() -> None:
    """Read, add, write."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    for name in ("model", "precision", "soc", "proxy"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("reports", type=Path, nargs="+", help="what qnn-context wrote, chunk by chunk")
    arguments = parser.parse_args()

    chunks = [read_graphs(path) for path in arguments.reports]
    # A head in a context of its own takes the last token of a prompt as any other.
    calls = [add_up(name, [chunk.get(name, chunk[DECODE]) for chunk in chunks]) for name in chunks[0]]
    record: Json = {"format": 1, "calls": calls}
    for name in ("model", "precision", "soc", "proxy"):
        record[name] = getattr(arguments, name)
    write_json(record, arguments.output)


def read_graphs(path: Path) -> dict[str, Json]:
    """A chunk's graphs by name; raises `InputError` when one has no predicted cost."""
    report = json.loads(path.read_text(encoding="utf-8"))
    for graph in report["graphs"]:
        if "cost_model" not in graph:
            raise InputError(
                path, f"the compiler predicts no cost for {report['soc']}", "compile for SA8255 or SA8797"
            )
    return {graph["name"]: graph for graph in report["graphs"]}


def add_up(name: str, graphs: list[Json]) -> Json:
    """One call of this graph in every chunk."""
    costs = [graph["cost_model"] for graph in graphs]
    time = {end: sum(cost["microseconds"][end] for cost in costs) for end in ("value", "low", "high")}
    tokens = tokens_of(graphs[0])
    chunks = [chunk_costs(graph) for graph in graphs]
    chunks[0]["weight_bytes"] -= table_bytes(graphs)
    return {
        "graph": name,
        "tokens": tokens,
        "microseconds": time,
        "tokens_per_second": tokens * 1e6 / time["value"],
        "filled_bytes": sum(chunk["filled_bytes"] for chunk in chunks),
        "spilled_bytes": total(costs, "intermediate_spill_bytes", "output_spill_bytes"),
        "weight_bytes": sum(chunk["weight_bytes"] for chunk in chunks),
        "unpriced_ops": [op for cost in costs for op in cost["unpriced_ops"]],
        "chunks": chunks,
    }


def chunk_costs(graph: Json) -> dict[str, int]:
    """What of a call is a chunk's."""
    cost = graph["cost_model"]
    return {
        "microseconds": int(cost["microseconds"]["value"]),
        "filled_bytes": total([cost], "input_fill_bytes", "intermediate_fill_bytes"),
        "weight_bytes": int(graph["const_bytes"]),
    }


def total(costs: list[Json], *fields: str) -> int:
    """The sum of these fields."""
    return sum(int(cost[field]) for cost in costs for field in fields)


def tokens_of(graph: Json) -> int:
    """How many tokens a call takes."""
    (rows,) = (item["shape"][0] for item in graph["inputs"] if item["name"] in TOKEN_INPUTS)
    return int(rows)


def table_bytes(graphs: list[Json]) -> int:
    """The embedding table in the first chunk, of which a call reads few rows; 0 where it is outside."""
    if all(item["name"] != "token" for item in graphs[0]["inputs"]):
        return 0
    vocab = next(item["shape"][-1] for item in graphs[-1]["outputs"] if item["name"] == "logits")
    channels = next(
        item["shape"][-1] for item in graphs[0]["inputs"] if item["name"].endswith("att_shift_in")
    )
    return int(vocab * channels * TABLE_ELEMENT)


if __name__ == "__main__":
    run_tool(main)
