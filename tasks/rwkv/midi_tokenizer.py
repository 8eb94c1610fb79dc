"""The tokenizer of the MIDI music models: a token is a word such as `t12` (wait) or `pi:3c:7` (a note).

All 20096 words follow from a rule, as github.com/briansemrau/MIDI-LLM-tokenizer builds them: three marks, the
waits t1 … t125, then for each instrument its short name, note 0 … 7f and velocity 0 … b, in hexadecimal. An
instrument's short name is its shortest beginning that no instrument before it has. What is no word is token
0, which also separates pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MARKS = ("<pad>", "<start>", "<end>")
WAITS = 125
NOTES = 128
VELOCITIES = 12
# In the order of the vocabulary that the models were trained with (ChatRWKV's music/tokenizer-midi.json).
INSTRUMENTS = (
    *("percussion", "drum", "tuba", "marimba", "bass", "guitar", "violin"),
    *("trumpet", "piano", "sax", "flute", "lead", "pad"),
)


def short_names(instruments: Sequence[str]) -> list[str]:
    """Each one's shortest beginning that none before it has."""
    names: list[str] = []
    for instrument in instruments:
        lengths = range(1, len(instrument) + 1)
        names.append(next(instrument[:length] for length in lengths if instrument[:length] not in names))
    return names


def vocabulary() -> Iterator[str]:
    """The words, by token."""
    yield from MARKS
    yield from (f"t{wait}" for wait in range(1, WAITS + 1))
    for name in short_names(INSTRUMENTS):
        yield from (
            f"{name}:{note:x}:{velocity:x}" for note in range(NOTES) for velocity in range(VELOCITIES)
        )


class MidiTokenizer:
    """Words are separated by white space; upper and lower case are the same."""

    vocab = len(MARKS) + WAITS + len(INSTRUMENTS) * NOTES * VELOCITIES
    longest = 16  # bytes of a word and of the white space that parts it from the next

    def __init__(self) -> None:
        self._words = list(vocabulary())
        self._ids = {word: token for token, word in enumerate(self._words)}

    def encode(self, text: bytes) -> list[int]:
        """One token a word."""
        return [self._ids.get(word, 0) for word in text.decode(errors="replace").lower().split()]

    def decode(self, tokens: list[int]) -> bytes:
        """The words, each with a space before it; 0 has none."""
        return "".join(f" {self._words[token]}" for token in tokens if token != 0).encode()
