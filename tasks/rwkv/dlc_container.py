"""Makes a DLC reproducible: gives the graph its name and takes the time of writing out of it, in place.

A DLC is a zip64 of uncompressed entries without checksums (they are 0): two JSON texts `dlc.metadata…`,
FlatBuffers `model` and `model.params`, and the weights' bytes. Every change here keeps all sizes and offsets.
"""

from __future__ import annotations

import mmap
import re
import zipfile
from pathlib import Path

LOCAL_HEADER = 30
TIMESTAMP = re.compile(rb"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC")
NO_TIME = b"1980-01-01 00:00:00 UTC"  # the zip format's own beginning of time
FLATBUFFERS = ("model", "model.params")


def neutralise_dlc(path: Path, written_name: str, graph_name: str) -> None:
    """Rename the graph from `written_name` to the shorter `graph_name` and set all times to a constant.

    Raises `ValueError` when the file is not as described above: then the QNN libraries are of another
    version.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        renamed = 0
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED or member.CRC != 0:
                raise ValueError(f"the DLC's entry {member.filename} is compressed or has a checksum")
            begin, end = entry_bytes(content, member)
            if member.filename in FLATBUFFERS:
                renamed += rename_in_flatbuffer(
                    content, begin, end, written_name.encode(), graph_name.encode()
                )
            elif member.filename.startswith("dlc.metadata"):
                text = content[begin:end]
                content[begin:end] = neutral_metadata(text, written_name.encode(), graph_name.encode())
        if renamed < 1:
            raise ValueError(f"the DLC does not hold the graph's name {written_name}")


def entry_bytes(content: mmap.mmap, member: zipfile.ZipInfo) -> tuple[int, int]:
    """Where the entry's bytes begin and end in the file."""
    header = content[member.header_offset : member.header_offset + LOCAL_HEADER]
    name_and_extra = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    begin = member.header_offset + LOCAL_HEADER + name_and_extra
    return begin, begin + member.file_size


def rename_in_flatbuffer(content: mmap.mmap, begin: int, end: int, old: bytes, new: bytes) -> int:
    """Replace strings (u32 length, bytes, NUL) by a shorter one in place; returns how many there were."""
    stored = len(old).to_bytes(4, "little") + old + b"\0"
    replacement = (len(new).to_bytes(4, "little") + new).ljust(len(stored), b"\0")
    if len(replacement) != len(stored):
        raise ValueError(f"the graph's name {new!r} is longer than the one it replaces")
    count = 0
    while (found := content.find(stored, begin, end)) >= 0:
        content[found : found + len(stored)] = replacement
        count += 1
    return count


def neutral_metadata(text: bytes, old: bytes, new: bytes) -> bytes:
    """The JSON text with constant times and the new name; spaces after a string keep its length."""
    text = TIMESTAMP.sub(NO_TIME, text)
    return re.sub(
        rb'"%b([^"]*)"' % re.escape(old),
        lambda match: (b'"%b%b"' % (new, match[1])).ljust(len(match[0])),
        text,
    )
