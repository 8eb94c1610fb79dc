"""Jane Austen's six novels as clean, byte-level training text.

The text comes from Debian's package `r-cran-janeaustenr`, which holds the Project Gutenberg transcriptions
as an R "lazy-load" database. Each chapter becomes one document; headings and transcribers' notes are left
out, because a model this small should spend its capacity on prose.
"""

from __future__ import annotations

import subprocess
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = "r-cran-janeaustenr"
TEXTS = Path(__file__).parents[1] / "rwkv7-austen"  # heldout.txt and calibration.txt, which all models share

# Every name is what the R database calls the novel. The order decides nothing but the order of the documents.
NOVELS = ("emma", "mansfieldpark", "northangerabbey", "persuasion", "prideprejudice", "sensesensibility")

# The two last chapters of Persuasion are never trained on and never steer training: they are heldout.txt.
HELDOUT_NOVEL, HELDOUT_CHAPTERS = "persuasion", 2
# The last chapters of two others are not trained on either; they choose the checkpoint that is exported.
VALIDATION_NOVELS = ("northangerabbey", "sensesensibility")
# What calibration.txt samples, and how much of each: openings, all of them from the training documents.
CALIBRATION_NOVELS = ("emma", "mansfieldpark", "prideprejudice", "sensesensibility")
CALIBRATION_BYTES_EACH = 2048

END_OF_DOCUMENT = 0
FOOTNOTE_OR_NOTE = ("*Vide", "A NOTE ON THE TEXT")
ASCII_FOR = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": "--", "\u00a3": "L"}
)


@dataclass(frozen=True)
class Corpus:
    """Documents are chapters, already encoded; none of them contains the byte 0."""

    train: list[bytes]
    validation: list[bytes]
    heldout: bytes
    calibration: bytes


def fetch_package(work: Path) -> Path:
    """Download and unpack the Debian package below `work` unless it is there; return the database's stem."""
    stem = work / "unpacked/usr/lib/R/site-library/janeaustenr/data/Rdata"
    if not stem.with_suffix(".rdb").exists():
        work.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", PACKAGE], cwd=work, check=True)
        archive = next(work.glob(f"{PACKAGE}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, work / "unpacked"], check=True)
    return stem


def read_novels(stem: Path) -> dict[str, list[str]]:
    """Read the lines of every novel; the .rdx index gives (offset, length) of streams in the .rdb file."""
    import rdata  # only needed here, so that sampling and evaluation work without it

    def parse(blob: bytes) -> Any:  # what R stored
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rdata notes that a bare RDS stream names no file type
            return rdata.conversion.convert(rdata.parser.parse_data(blob))

    index = parse(stem.with_suffix(".rdx").read_bytes())["variables"]
    database = stem.with_suffix(".rdb").read_bytes()
    novels: dict[str, list[str]] = {}
    for name, (offset, length) in index.items():
        size_field = 4  # the uncompressed size, big endian, stands before each stream
        stream = database[int(offset) + size_field : int(offset) + int(length)]
        novels[str(name)] = [str(line) for line in parse(zlib.decompress(stream))]
    return novels


def is_heading(line: str) -> bool:
    """Recognise "CHAPTER XIV" and "Chapter 3", but not a wrapped line that happens to begin with the word."""
    words = line.split()
    return len(words) == 2 and words[0].lower() == "chapter" and (words[1].isdigit() or words[1].isupper())


def is_prose(paragraph: str) -> bool:
    """Reject volume titles, "THE END", editors' brackets and rows of asterisks."""
    return any(c.islower() for c in paragraph) and paragraph != "Finis" and not paragraph.startswith("[")


def chapters_of(lines: list[str]) -> list[str]:
    """Unwrap one novel into chapters, where a paragraph is one line and a blank line stands between two."""
    chapters: list[list[str]] = []
    paragraph: list[str] = []

    def close_paragraph() -> None:
        text = " ".join(" ".join(paragraph).split())
        paragraph.clear()
        if chapters and text and is_prose(text):
            chapters[-1].append(text)

    for raw in [*lines, ""]:
        # Underscores mark italics; a lone asterisk refers to a footnote that is dropped.
        line = raw.translate(ASCII_FOR).replace("_", "").replace("*", "" if raw.strip()[:1] != "*" else "*")
        if line.startswith(FOOTNOTE_OR_NOTE):
            break
        if is_heading(line):
            close_paragraph()
            chapters.append([])
        elif line.strip():
            paragraph.append(line.strip())
        else:
            close_paragraph()
    return ["\n\n".join(paragraphs) + "\n" for paragraphs in chapters if paragraphs]


def opening(chapter: str, size: int) -> str:
    """Return the first `size` bytes or a little less, cut at a space."""
    return chapter[: chapter.rindex(" ", 0, size)] + "\n"


def load_corpus(work: Path) -> Corpus:
    """Fetch, clean and split the novels; `work` keeps the package for the next time."""
    novels = read_novels(fetch_package(work))
    chapters = {name: chapters_of(novels[name]) for name in NOVELS}

    heldout = chapters[HELDOUT_NOVEL][-HELDOUT_CHAPTERS:]
    del chapters[HELDOUT_NOVEL][-HELDOUT_CHAPTERS:]
    validation = [chapters[name].pop() for name in VALIDATION_NOVELS]
    calibration = "\n".join(opening(chapters[name][0], CALIBRATION_BYTES_EACH) for name in CALIBRATION_NOVELS)
    return Corpus(
        train=[chapter.encode("ascii") for name in NOVELS for chapter in chapters[name]],
        validation=[chapter.encode("ascii") for chapter in validation],
        heldout="\n".join(heldout).encode("ascii"),
        calibration=calibration.encode("ascii"),
    )


class Lanes:
    """Endless training batches: every lane reads shuffled documents in order, segment after segment.

    The recurrent state travels with a lane from one segment to the next, so that the model meets texts
    longer than a segment. Now and then a lane starts afresh at a random paragraph with a zero state, as a
    prompt does.
    """

    def __init__(
        self, documents: list[bytes], lanes: int, segment: int, fresh_rate: float, seed: int
    ) -> None:
        self._documents = [np.frombuffer(d, np.uint8) for d in documents]
        self._paragraphs = [(i, 0) for i in range(len(documents))]
        for i, text in enumerate(documents):
            at = text.find(b"\n\n")
            while at >= 0:
                self._paragraphs.append((i, at + 2))
                at = text.find(b"\n\n", at + 2)
        self._random = np.random.default_rng(seed)
        self._segment, self._fresh_rate = segment, fresh_rate
        self._pending = [np.zeros(0, np.uint8) for _ in range(lanes)]

    def next(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return inputs [B,T], targets [B,T] a byte later, keep [B]: 0 where a state must be zeroed."""
        need = self._segment + 1
        rows, keep = [], np.ones(len(self._pending), np.float32)
        for lane in range(len(self._pending)):
            pending = self._pending[lane]
            if len(pending) == 0 or self._random.random() < self._fresh_rate:
                document, start = self._paragraphs[self._random.integers(len(self._paragraphs))]
                pending, keep[lane] = self._begin(document, start), 0.0
            while len(pending) < need:
                pending = np.concatenate(
                    [pending, self._begin(int(self._random.integers(len(self._documents))), 0)]
                )
            rows.append(pending[:need])
            self._pending[lane] = pending[self._segment :]
        batch = np.stack(rows).astype(np.int32)
        return batch[:, :-1], batch[:, 1:], keep

    def _begin(self, document: int, start: int) -> np.ndarray:
        marker = np.array([END_OF_DOCUMENT], np.uint8)
        return np.concatenate([marker, self._documents[document][start:]])
