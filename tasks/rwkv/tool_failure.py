"""How a stage tool fails: a line that names the file and the cause, a hint, and exit code 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path


class InputError(Exception):
    """A foreseeable trouble with what the tool was given. Anything else that is raised is a bug."""

    def __init__(self, file: str | Path, cause: str, hint: str) -> None:
        super().__init__(f"{file}: {cause}")
        self.file = str(file)
        self.cause = cause
        self.hint = hint


def run_tool(main: Callable[[], None]) -> None:
    """Run a tool's `main`; turn an `InputError` or a file system error into two lines and exit code 1."""
    try:
        main()
    except InputError as error:
        stop(f"{error.file}: {error.cause}", error.hint)
    except OSError as error:
        file = error.filename if error.filename is not None else "file system"
        stop(
            f"{file}: {error.strerror or error}",
            "check that the path exists, can be read and that the disk is not full",
        )
    except KeyboardInterrupt:
        sys.exit(130)


def stop(error: str, hint: str) -> None:
    """Print the two lines that every failing tool ends with, and exit with code 1."""
    print(f"error: {error}\nhint: {hint}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: the QNN libraries' destructors may print, and the two lines are to be the last ones.
    os._exit(1)


def progress(step: str) -> None:
    """One line on stderr for each step of a tool; stdout is for data."""
    print(step, file=sys.stderr, flush=True)
