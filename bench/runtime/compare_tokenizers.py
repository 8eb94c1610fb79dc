"""The library's World tokenizer against two packages: BINDINGS LIBRARY REPOSITORY prints one JSON object.

Token by token against `rwkv`, which is in Python and slow: in slices, by several processes. By speed against
`pyrwkv-tokenizer`, which is in Rust: one long text, one thread, best of several, each with what its call
gives, which is an array here and a list there; and the library's own once more with a list of it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrwkv_tokenizer

from mixed_text import LINES, mixed_lines

SLICE = 10_000  # lines
LONG_TEXT = 500_000  # characters
ROUNDS = 60


def library_tokenizer(bindings: str, library: str) -> Any:
    spec = importlib.util.spec_from_file_location("rwkv_qnn", bindings)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rwkv_qnn"] = module
    spec.loader.exec_module(module)
    return module.open_tokenizer(f"world:{vocabulary()}", library=library)


def vocabulary() -> Path:
    files = importlib.metadata.files("rwkv") or []
    return Path(str(next(file for file in files if file.name.startswith("rwkv_vocab_v")).locate()))


def package_tokenizer() -> Any:
    """The class in rwkv/rwkv_tokenizer.py; importing the whole package would ask for torch."""
    spec = importlib.util.spec_from_file_location(
        "rwkv_tokenizer", vocabulary().with_name("rwkv_tokenizer.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TRIE_TOKENIZER(str(vocabulary()))


_own: Any = None
_package: Any = None


def start_process(bindings: str, library: str) -> None:
    global _own, _package
    _own, _package = library_tokenizer(bindings, library), package_tokenizer()


def compare(lines: list[bytes]) -> tuple[int, int, str | None]:
    """Bytes and tokens of the lines, and the first line of which the tokens are not the same."""
    tokens = 0
    for line in lines:
        own = _own.encode(line).tolist()
        tokens += len(own)
        if own != _package.encodeBytes(line):
            return 0, tokens, repr(line)
    return sum(map(len, lines)), tokens, None


def slices(repository: Path, lines: int) -> Any:
    rest = itertools.islice(mixed_lines(repository), lines)
    while part := list(itertools.islice(rest, SLICE)):
        yield part


def best_seconds(body: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        body()
        best = min(best, time.perf_counter() - start)
    return best


def speeds(own: Any, repository: Path) -> dict[str, float]:
    text = b"\n".join(itertools.islice(mixed_lines(repository), LONG_TEXT // 20)).decode(errors="ignore")
    text = text[:LONG_TEXT]
    data = text.encode()
    other = pyrwkv_tokenizer.RWKVTokenizer()
    assert own.encode(data).tolist() == list(other.encode(text)), "both packages say the same of valid UTF-8"
    return {
        "bytes": len(data),
        "list": len(data) / best_seconds(lambda: own.encode(text).tolist()),
        "pyrwkv": len(data) / best_seconds(lambda: other.encode(text)),
        "native": len(data) / best_seconds(lambda: own.encode(data)),
    }


def main(bindings: str, library: str, repository: str, lines: str = str(LINES)) -> None:
    own = library_tokenizer(bindings, library)
    result: dict[str, object] = {"speed": speeds(own, Path(repository))}
    seen = {"lines": 0, "bytes": 0, "tokens": 0}
    different = None
    with multiprocessing.get_context("spawn").Pool(
        os.cpu_count(), start_process, (bindings, library)
    ) as pool:
        for count, tokens, line in pool.imap(compare, slices(Path(repository), int(lines))):
            seen["lines"] += SLICE
            seen["bytes"] += count
            seen["tokens"] += tokens
            different = different or line
    print(json.dumps({**result, **seen, "different": different}))


if __name__ == "__main__":
    main(*sys.argv[1:])
