"""RWKV's "World" tokenizer: at every position the longest vocabulary entry that matches the bytes there.

The vocabulary `rwkv_vocab_v20230424.txt` (65529 lines `id literal bytes`) is found in the installed
distribution `rwkv`, which is never imported. Literals are Python string or bytes literals and are parsed, not
evaluated.
"""

from __future__ import annotations

import ast
from importlib import metadata
from pathlib import Path

from rwkv.tool_failure import InputError

VOCABULARY_FILE = "rwkv_vocab_v20230424.txt"
END_OF_DOCUMENT = 0


class WorldTokenizer:
    """Encodes any bytes: the vocabulary has every single byte."""

    vocab = 65536

    def __init__(self, vocabulary: dict[int, bytes]) -> None:
        self._bytes = vocabulary
        self._ids = {entry: token for token, entry in vocabulary.items()}
        self.longest = max(map(len, self._ids))  # bytes of a token at most
        # Two bytes decide which lengths are worth trying, the longest first.
        lengths: dict[bytes, set[int]] = {}
        for entry in self._ids:
            lengths.setdefault(entry[:2], set()).add(len(entry))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def encode(self, text: bytes) -> list[int]:
        """Greedy longest match; never gives the token 0."""
        tokens, position = [], 0
        while position < len(text):
            token, length = self.longest_match(text, position)
            tokens.append(token)
            position += length
        return tokens

    def longest_match(self, text: bytes, position: int) -> tuple[int, int]:
        """(token, its length in bytes) at a position inside the text."""
        for length in self._lengths.get(text[position : position + 2], []):
            token = self._ids.get(text[position : position + length])
            if token is not None:
                return token, length
        return self._ids[text[position : position + 1]], 1

    def decode(self, tokens: list[int]) -> bytes:
        """The bytes of the tokens; 0 has none. A single token may be a part of a UTF-8 character."""
        return b"".join(self._bytes[token] for token in tokens if token != END_OF_DOCUMENT)


def find_vocabulary() -> Path:
    """The vocabulary in the installed distribution; raises `InputError` when it is not installed."""
    try:
        found = metadata.distribution("rwkv").locate_file(f"rwkv/{VOCABULARY_FILE}")
    except metadata.PackageNotFoundError:
        found = Path(VOCABULARY_FILE)
    path = Path(str(found))
    if not path.is_file():
        raise InputError(
            VOCABULARY_FILE, "the World vocabulary is not installed", "install tasks/requirements.txt"
        )
    return path


def read_vocabulary(path: Path) -> dict[int, bytes]:
    """The bytes of each token; raises `InputError` with the line when the file is damaged."""
    vocabulary: dict[int, bytes] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                token, rest = line.split(" ", 1)
                literal, length = rest.rstrip("\n").rsplit(" ", 1)
                value = ast.literal_eval(literal)
                entry = value.encode() if isinstance(value, str) else bytes(value)
                if len(entry) != int(length) or int(token) in vocabulary:
                    raise ValueError("its length differs or its number was used before")
                vocabulary[int(token)] = entry
            except (ValueError, SyntaxError, TypeError) as error:
                raise InputError(
                    f"{path}:{number}", f"no entry of a vocabulary: {error}", "install it again"
                ) from error
    return vocabulary
