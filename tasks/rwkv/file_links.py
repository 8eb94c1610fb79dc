"""Hard links, so that big files are not copied from folder to folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def link_file(source: Path, target: Path) -> None:
    """Make `target` a hard link to what `source` leads to, or a copy where a link is impossible.

    Never a symbolic link: ONNX Runtime refuses external data that leads out of the model's folder.
    """
    real = source.resolve(strict=True)
    target.unlink(missing_ok=True)
    try:
        os.link(real, target)
    except OSError:
        shutil.copyfile(real, target)
