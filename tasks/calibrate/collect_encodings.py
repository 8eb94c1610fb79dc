"""A folder of weights + a text -> `encodings.json`, in AIMET's format: the range that each activation takes.

The model is run layer by layer and the ranges are kept by names that know no chunks, so they hold for any
number of them. With `--inputs` it keeps what the linears are applied to instead, for GPTQ.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.aimet_format import write_encodings
from rwkv.collected_inputs import collect_inputs
from rwkv.observed_ranges import METHODS, observe_ranges, spread_maker
from rwkv.tensor_encodings import Encodings, TensorEncoding
from rwkv.token_sequence import TOKENIZERS, fed_tokens, first_tokens, read_tokens
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder

SUMMARY = "Run the model over a text on the CPU and write the ranges that its activations take."
EXAMPLE = (
    "example: collect_encodings.py --weights weights --text t.txt --tokenizer world --output encodings.json"
)


def main() -> None:
    """Observe and write."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument(
        "--text",
        type=Path,
        required=True,
        help="text like what the model will be used on, or its tokens: a list in a .json, an array in a .npy",
    )
    parser.add_argument(
        "--tokenizer", choices=TOKENIZERS, default="auto", help="default: by the size of the vocabulary"
    )
    parser.add_argument(
        "--tokens", type=int, default=600, help="how many tokens of the text to run (default: 600)"
    )
    parser.add_argument(
        "--method", choices=METHODS, default="min-max", help="how a range is chosen (default: min-max)"
    )
    parser.add_argument(
        "--percentile", type=float, default=99.99, help="that percentile leaves within (default: 99.99)"
    )
    parser.add_argument(
        "--inputs",
        action="store_true",
        help="write a folder of the linears' inputs instead; --tokens are then the most that are run",
    )
    parser.add_argument("--output", type=Path, required=True, help="the file, or with --inputs the folder")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    read = first_tokens if arguments.inputs else read_tokens
    tokenizer, vocab = arguments.tokenizer, weights.config.vocab
    text = read(arguments.text, tokenizer, arguments.tokens, vocab)
    fed = fed_tokens(text, tokenizer, vocab)
    output: Path = arguments.output
    with tempfile.TemporaryDirectory(prefix=".calibrate-", dir=output.absolute().parent) as work:
        if arguments.inputs:
            output.mkdir(parents=True, exist_ok=True)
            collect_inputs(weights, fed, Path(work), output)
            progress(f"{output}: the linears' inputs over {len(text)} tokens")
            return
        make = spread_maker(arguments.method, arguments.percentile)
        ranges = observe_ranges(weights, fed, Path(work), make)
    write_encodings(
        Encodings({name: TensorEncoding.of_range(found) for name, found in ranges.items()}), output
    )
    progress(f"{output}: {len(ranges)} tensors over {len(text)} tokens")


if __name__ == "__main__":
    run_tool(main)
