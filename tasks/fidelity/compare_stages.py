"""What each stage said of a text -> `verified.json`: how far it is from the fp32 reference, from which layer.

With a layer's number instead: what is computed in it, tensor by tensor, against the fp32 graph on the CPU.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np

from rwkv.graph_probe import LAYERS, layer_end
from rwkv.half_range import stream_divisor
from rwkv.model_quality import divergences, perplexity, same_choices
from rwkv.number_formats import Float32Array
from rwkv.stable_json import write_json
from rwkv.stage_results import StageResults, map_rows, relative_error, tensor_key
from rwkv.token_sequence import TOKENIZERS, read_tokens
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder

SUMMARY = "Compare what the stages of a build said with the fp32 reference."
EXAMPLE = (
    "example: compare_stages.py --facts '{}' --weights weights --probe layers --text t.txt "
    "--reference reference.f32 --stream stream.f32 --stage onnx cpu cpu --output verified.json"
)
# fp32 sums in another order; anything beyond is another computation.
FLOAT_BOUND = 1e-3
FLOAT_STAGE = "onnx"

Json = dict[str, Any]


def main() -> None:
    """Compare, judge, write."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument(
        "--facts", type=json.loads, required=True, help="JSON that goes into the record as it is"
    )
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--probe", required=True, help='"layers", or the number of a layer')
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--tokenizer", choices=TOKENIZERS, default="auto")
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--reference", type=Path, required=True, help="the fp32 reference's logits")
    parser.add_argument("--stream", type=Path, required=True, help="its residual stream")
    parser.add_argument(
        "--stage",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "RUN", "PROBED"),
        help="a stage: the folder with its logits, and the one with its probes",
    )
    parser.add_argument("--benchmark", type=Path, help="what the benchmark found, on a device")
    parser.add_argument("--artifact", type=Path, action="append", default=[], help="what was verified")
    parser.add_argument("--kl-bound", type=float, default=1e-2)
    parser.add_argument("--layer-bound", type=float, default=0.1)
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    text = read_tokens(arguments.text, arguments.tokenizer, arguments.tokens, weights.config.vocab)
    reference = map_rows(arguments.reference, len(text))
    stages = [
        (name, StageResults.read(Path(run)), StageResults.read(Path(probed)))
        for name, run, probed in arguments.stage
    ]
    compared = [{"stage": name, **said(run.logits, reference, text)} for name, run, _ in stages]
    if arguments.probe == LAYERS:
        true_stream = map_rows(arguments.stream, len(text)).reshape(len(text), weights.config.layers, -1)
        for record, (_, _, probed) in zip(compared, stages, strict=True):
            record["layers"] = layer_errors(probed, true_stream, weights)
            record["probed_kl_mean"] = number(divergences(reference, probed.logits).mean())
    else:
        for record, (_, _, probed) in zip(compared, stages, strict=True):
            record["tensors"] = tensor_errors(probed, stages[0][2])
    for record in compared:
        judge(record, arguments.kl_bound, arguments.layer_bound)
    if arguments.benchmark is not None:
        compared += on_device(json.loads(arguments.benchmark.read_text(encoding="utf-8")), arguments.kl_bound)

    files: list[Path] = [*arguments.artifact, arguments.text, arguments.reference]
    result: Json = {
        **arguments.facts,
        "format": 1,
        "probe": arguments.probe,
        "tokens": len(text),
        "bounds": {"kl": arguments.kl_bound, "layer": arguments.layer_bound, "float": FLOAT_BOUND},
        "reference": {"perplexity": perplexity(reference, text)},
        "stages": compared,
        "verified": all(record["within"] for record in compared),
        "compared": {path.name: digest(path) for path in files},
    }
    write_json(result, arguments.output)
    for record in compared:
        progress(f"{record['stage']}: KL {record['kl_mean']}, first departing: {record['departs']}")


def said(logits: Float32Array, reference: Float32Array, text: list[int]) -> Json:
    """How far predictions are from the reference's."""
    divergence = divergences(reference, logits)
    return {
        "kl_mean": number(divergence.mean()),
        "kl_max": number(divergence.max()),
        "top1_agreement": same_choices(reference, logits),
        "perplexity": number(perplexity(logits, text)),
    }


def number(value: float) -> float | None:
    """JSON has no word for what is no number."""
    return float(value) if np.isfinite(value) else None


def layer_errors(probed: StageResults, stream: Float32Array, weights: WeightFolder) -> list[Json]:
    """The relative error of the residual stream after each layer; graphs may have it divided."""
    errors = []
    for layer in range(weights.config.layers):
        true = stream[:, layer] / np.float32(stream_divisor(weights.config, layer))
        found = probed.probes[tensor_key(layer_end(layer))]
        errors.append({"name": layer_end(layer), "error": number(relative_error(true, found))})
    return errors


def tensor_errors(probed: StageResults, baseline: StageResults) -> list[Json]:
    """The relative error of each probed tensor, in the order in which they are computed."""
    return [
        {"name": baseline.names[key], "error": number(relative_error(true, probed.probes[key]))}
        for key, true in baseline.probes.items()
        if key in probed.probes
    ]


def judge(record: Json, kl_bound: float, layer_bound: float) -> None:
    """Add the first place that departs, and whether the stage is within the bounds."""
    is_float = record["stage"] == FLOAT_STAGE
    bound = FLOAT_BOUND if is_float else layer_bound
    places: list[Json] = record.get("layers") or record.get("tensors") or []
    departing = (place for place in places if place["error"] is None or place["error"] > bound)
    record["departs"] = next(departing, None)
    # Coarse weights may move a layer and still say the same in the end; the same floats may not.
    record["within"] = is_within(record["kl_mean"], kl_bound) and not (is_float and record["departs"])


def is_within(divergence: float | None, bound: float) -> bool:
    """Whether a mean divergence is a number up to the bound."""
    return divergence is not None and divergence <= bound


def on_device(benchmark: Json, kl_bound: float) -> list[Json]:
    """The stage of a real device; nothing when it was the emulator, which has been looked at."""
    if benchmark["emulated"]:
        return []
    fields = ("kl_mean", "kl_max", "top1_agreement", "perplexity")
    found = {field: benchmark["evaluation"][field] for field in fields}
    stage = {"stage": "device", **found, "device": benchmark["device"], "departs": None}
    return [{**stage, "within": is_within(found["kl_mean"], kl_bound)}]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    run_tool(main)
