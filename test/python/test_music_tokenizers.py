from __future__ import annotations

from pathlib import Path

import pytest

from rwkv.abc_tokenizer import AbcTokenizer
from rwkv.midi_tokenizer import MidiTokenizer, vocabulary
from rwkv.token_sequence import fed_tokens, read_tokens
from rwkv.tool_failure import InputError


def test_the_midi_vocabulary_has_the_words_of_the_published_one_at_their_places() -> None:
    words = list(vocabulary())
    assert len(words) == len(set(words)) == MidiTokenizer.vocab == 20096
    published = {0: "<pad>", 1: "<start>", 2: "<end>", 3: "t1", 127: "t125", 128: "p:0:0", 319: "p:f:b"}
    published |= {320: "p:10:0", 3199: "d:7f:b", 3200: "t:0:0", 3644: "t:25:0", 20095: "pa:7f:b"}
    # run.py's piano-only mode keeps just these note tokens.
    published |= {12416: "pi:0:0", 13951: "pi:7f:b"}
    assert {token: words[token] for token in published} == published


def test_midi_words_are_separated_by_white_space_and_what_is_none_is_token_0() -> None:
    tokenizer = MidiTokenizer()
    tokens = tokenizer.encode(b"<start>  T12\npi:3C:7 h tr:3c:7 <end>")
    assert tokens[:2] == [1, 14] and tokens[3] == 0 and tokens[-1] == 2
    assert tokenizer.decode(tokens) == b" <start> t12 pi:3c:7 tr:3c:7 <end>"


def test_abc_tokens_are_code_points_and_the_marks_have_no_text() -> None:
    tokenizer = AbcTokenizer()
    assert tokenizer.encode("X:1\nÉ".encode()) == [88, 58, 49, 10, 201]
    assert tokenizer.decode([2, 88, 58, 49, 3]) == b"X:1"


@pytest.mark.parametrize(
    ("vocab", "text", "fed"), [(128, "K:D\n", [2, 75, 58, 68]), (20096, "t1 t2 <pad> t3", [0, 3, 4, 0])]
)
def test_music_models_are_known_by_their_vocabulary(
    tmp_path: Path, vocab: int, text: str, fed: list[int]
) -> None:
    (tmp_path / "tune").write_text(text)
    tokens = read_tokens(tmp_path / "tune", "auto", 4, vocab)
    assert fed_tokens(tokens, "auto", vocab) == fed


def test_a_character_that_an_abc_model_does_not_know_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tune").write_text("Étude")
    with pytest.raises(InputError, match="has the token 201, the model knows 128"):
        read_tokens(tmp_path / "tune", "abc", 4, 128)
