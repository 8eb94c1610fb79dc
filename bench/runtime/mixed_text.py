"""A million lines of everything that a tokenizer may meet, the same in every run."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

LINES = 1_000_000

# First and last code point of each script, and emoji.
SCRIPTS = [
    *[(0x20, 0x7E), (0xA1, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x531, 0x58F), (0x5D0, 0x5EA)],
    *[(0x620, 0x6D3), (0x904, 0x965), (0xE01, 0xE4E), (0x10A0, 0x10FF), (0x1200, 0x135A), (0x2190, 0x22FF)],
    *[(0x3041, 0x30FE), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF)],
]


def mixed_lines(repository: Path) -> Iterator[bytes]:
    """`LINES` lines, some of them empty. No byte is 0: World's vocabulary has no token for it."""
    return itertools.islice(_written_and_made(repository), LINES)


def _written_and_made(repository: Path) -> Iterator[bytes]:
    chance = random.Random(20230424)
    makers: list[Callable[[random.Random], bytes]] = [
        _script,
        _several_scripts,
        _bytes,
        _spaces,
        _number,
        _emoji,
    ]
    written = _written_lines(repository)
    while True:
        # Of ten lines six are of files, as long as there are any.
        yield from itertools.islice(written, 6)
        for _ in range(4):
            yield chance.choice(makers)(chance)


def _written_lines(repository: Path) -> Iterator[bytes]:
    texts = sorted(repository.glob("models/*/calibration.txt"))
    sources = sorted(path for kind in ("ts", "py", "cpp", "hpp", "md") for path in _sources(repository, kind))
    packages = sorted((repository / "node_modules").rglob("*.js"))
    for path in [*texts, *sources, *packages]:
        if path.is_file():
            # Minified programs have lines of a megabyte, which say the same again and again.
            yield from (line[:2000] for line in path.read_bytes().replace(b"\0", b"").split(b"\n"))


def _sources(repository: Path, kind: str) -> Iterator[Path]:
    tops = ("bench", "cache", "cli", "docs", "engine", "runtime-native", "scripts", "tasks", "test")
    for top in tops:
        yield from (repository / top).rglob(f"*.{kind}")


def _script(chance: random.Random) -> bytes:
    first, last = chance.choice(SCRIPTS)
    words = (
        "".join(_letters(chance, first, last, chance.randint(1, 9))) for _ in range(chance.randint(1, 8))
    )
    return " ".join(words).encode()


def _several_scripts(chance: random.Random) -> bytes:
    return b"".join(_script(chance) for _ in range(3))


def _letters(chance: random.Random, first: int, last: int, count: int) -> list[str]:
    return [chr(chance.randint(first, last)) for _ in range(count)]


def _bytes(chance: random.Random) -> bytes:
    return bytes(chance.randint(1, 255) for _ in range(chance.randint(1, 40)))


def _spaces(chance: random.Random) -> bytes:
    runs = (chance.choice([" ", "\t", "\r", "\u3000", "\n"]) * chance.randint(1, 40) for _ in range(4))
    return chance.choice(["", "x", "."]).join(runs).encode()


def _number(chance: random.Random) -> bytes:
    decimal = chance.random() * 10 ** chance.randint(-9, 9)
    return f"{decimal} {chance.getrandbits(64)} {chance.getrandbits(32):x}".encode()


def _emoji(chance: random.Random) -> bytes:
    return "\u200d".join(_letters(chance, 0x1F300, 0x1FAFF, chance.randint(1, 6))).encode()
