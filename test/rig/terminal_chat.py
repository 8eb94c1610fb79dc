"""A person at a terminal, who types when a program has shown something. Prints all that it has shown."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import sys

LIMIT_SECONDS = 120


def main() -> None:
    """The arguments: a JSON list of [pattern to wait for, what to type then]; the program and its own."""
    steps: list[tuple[str, str]] = json.loads(sys.argv[1])
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
    shown = b""
    begin = 0  # of what counts for the next step
    for words, keys in steps:
        while not (found := re.compile(words.encode()).search(shown, begin)):
            piece = read(terminal)
            if not piece:
                sys.exit(f"it never said {words!r}:\n{shown.decode()}")
            shown += piece
        begin = found.end()
        os.write(terminal, keys.encode())
    while piece := read(terminal):
        shown += piece
    _, status = os.waitpid(child, 0)
    sys.stdout.write(shown.decode().replace("\r\n", "\n"))
    sys.exit(os.waitstatus_to_exitcode(status))


def read(terminal: int) -> bytes:
    """What the program shows next; nothing at its end."""
    ready, _, _ = select.select([terminal], [], [], LIMIT_SECONDS)
    if not ready:
        return b""
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side was closed
        return b""


main()
