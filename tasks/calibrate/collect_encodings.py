"""A folder of weights + a text -> `encodings.json`: the range that each activation takes.

The whole model is run at once and the ranges are kept by global tensor names, so they hold for any number of
chunks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

from rwkv.observed_ranges import observe_ranges
from rwkv.tensor_encodings import write_encodings
from rwkv.token_sequence import TOKENIZERS, fed_tokens, read_tokens
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
    parser.add_argument("--text", type=Path, required=True, help="text like what the model will be used on")
    parser.add_argument(
        "--tokenizer", choices=TOKENIZERS, default="auto", help="default: by the size of the vocabulary"
    )
    parser.add_argument(
        "--tokens", type=int, default=600, help="how many tokens of the text to run (default: 600)"
    )
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    tokenizer, vocab = arguments.tokenizer, weights.config.vocab
    text = read_tokens(arguments.text, tokenizer, arguments.tokens, vocab)
    output: Path = arguments.output
    with tempfile.TemporaryDirectory(prefix=".calibrate-", dir=output.absolute().parent) as work:
        ranges = observe_ranges(weights, fed_tokens(text, tokenizer, vocab), Path(work))
    write_encodings(ranges, len(text), output)
    progress(f"{output}: {len(ranges)} tensors over {len(text)} tokens")


if __name__ == "__main__":
    run_tool(main)
