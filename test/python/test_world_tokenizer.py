from __future__ import annotations

from pathlib import Path

import pytest

from rwkv.tool_failure import InputError
from rwkv.world_tokenizer import WorldTokenizer, find_vocabulary, read_vocabulary

TEXTS = [
    "User: What's the time?\n\nAssistant: It is 12:30 — nearly noon.",
    "你好，世界！今日は。Привет, мир. 안녕하세요 🙂‍↔️ naïve café",
    "def main():\n\treturn 'a\\\\b' + \"\\x00\"   # tabs, quotes\r\n",
    "\u0000\u0001\u007f\u0080\uffff",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "",
]


@pytest.fixture(scope="module")
def vocabulary() -> dict[int, bytes]:
    return read_vocabulary(find_vocabulary())


@pytest.fixture(scope="module")
def tokenizer(vocabulary: dict[int, bytes]) -> WorldTokenizer:
    return WorldTokenizer(vocabulary)


def greedy(vocabulary: dict[int, bytes], text: bytes) -> list[int]:
    """The definition, by trying every entry."""
    tokens = []
    while text:
        length, token = max(
            (len(entry), token) for token, entry in vocabulary.items() if text.startswith(entry)
        )
        tokens.append(token)
        text = text[length:]
    return tokens


def test_the_vocabulary_is_complete(vocabulary: dict[int, bytes]) -> None:
    assert len(vocabulary) == 65529
    assert min(vocabulary) == 1 and max(vocabulary) == 65529
    assert {bytes([value]) for value in range(256)} <= set(vocabulary.values())


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_comes_back(tokenizer: WorldTokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text.encode())) == text.encode()


def test_bytes_that_are_no_utf8_come_back(tokenizer: WorldTokenizer) -> None:
    raw = bytes(range(256)) * 2 + b"\xf0\x9f\x99"
    assert tokenizer.decode(tokenizer.encode(raw)) == raw


@pytest.mark.parametrize("text", TEXTS[:3])
def test_the_longest_entry_is_taken_at_every_position(
    tokenizer: WorldTokenizer, vocabulary: dict[int, bytes], text: str
) -> None:
    head = text.encode()[:40]
    assert tokenizer.encode(head) == greedy(vocabulary, head)


def test_a_known_sentence_has_its_known_tokens(tokenizer: WorldTokenizer) -> None:
    assert tokenizer.encode(b"Hello") == [33155]


def test_the_end_of_a_document_has_no_bytes(tokenizer: WorldTokenizer) -> None:
    assert tokenizer.decode([0]) == b""


@pytest.mark.parametrize("line", ["1 'a' 2", "x 'a' 1", "1 __import__('os') 1", "1 'a", "1 3 1"])
def test_a_damaged_line_is_named_and_never_evaluated(tmp_path: Path, line: str) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_text(f"2 'b' 1\n{line}\n")
    with pytest.raises(InputError) as caught:
        read_vocabulary(path)
    assert caught.value.file == f"{path}:2"
