"""A folder of weights + a text -> the fp32 reference's logits, raw little-endian [tokens, vocab].

Token 0 is fed first, then the text without its last token: row t is what the model says about text token t.
What stands in the residual stream after each layer meanwhile can be written too: [tokens, layers, channels].
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[1]))

import numpy as np

from rwkv.arch_registry import reference_of
from rwkv.model_quality import perplexity
from rwkv.number_formats import FP32, Float32Array
from rwkv.token_sequence import TOKENIZERS, fed_tokens, read_tokens
from rwkv.tool_failure import progress, run_tool
from rwkv.weight_folder import WeightFolder

SUMMARY = "Write the numpy reference's logits over a text; print the perplexity as JSON."
EXAMPLE = (
    "example: reference_logits.py --weights weights --text text.txt --tokenizer byte --output reference.f32"
)


def main() -> None:
    """Feed, write, and print {"perplexity", "tokens", "vocab"}."""
    parser = argparse.ArgumentParser(description=SUMMARY, epilog=EXAMPLE)
    parser.add_argument("--weights", type=Path, required=True, help="the folder that write_weights.py wrote")
    parser.add_argument("--text", type=Path, required=True, help="the text to predict")
    parser.add_argument(
        "--tokenizer", choices=TOKENIZERS, default="auto", help="default: by the size of the vocabulary"
    )
    parser.add_argument("--tokens", type=int, default=256, help="how many tokens of the text (default: 256)")
    parser.add_argument("--output", type=Path, required=True, help="the raw file to write")
    parser.add_argument("--stream", type=Path, help="where to write the residual stream, raw as well")
    arguments = parser.parse_args()

    weights = WeightFolder(arguments.weights)
    tokenizer, vocab = arguments.tokenizer, weights.config.vocab
    text = read_tokens(arguments.text, tokenizer, arguments.tokens, vocab)
    reference = reference_of(weights)
    rows: list[Float32Array] = []
    with ExitStack() as files:
        stream = arguments.stream and files.enter_context(arguments.stream.open("wb"))
        for token in fed_tokens(text, tokenizer, vocab):
            rows.append(reference.forward(token))
            if stream is not None:
                reference.stream().astype(FP32.raw, copy=False).tofile(stream)
    logits = np.stack(rows)
    logits.astype(FP32.raw, copy=False).tofile(arguments.output)
    progress(f"{arguments.output}: {logits.shape[0]} rows of {logits.shape[1]} logits")
    print(json.dumps({"perplexity": perplexity(logits, text), "tokens": len(text), "vocab": vocab}))


if __name__ == "__main__":
    run_tool(main)
