"""Keeps what native libraries print to stdout and stderr; shows it only when something failed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_native_output() -> Iterator[None]:
    """Send file descriptors 1 and 2 to a temporary file; if the block raises, copy it to the real stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    real = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 1)
        os.dup2(kept.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, saved in zip((1, 2), real, strict=True):
                os.dup2(saved, descriptor)
                os.close(saved)
            if failed:
                kept.seek(0)
                while block := kept.read(1 << 16):
                    sys.stderr.buffer.write(block)
                sys.stderr.flush()
