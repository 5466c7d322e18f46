"""Paths without links."""

from __future__ import annotations

import os
from pathlib import Path


def real_path(path: Path) -> Path:
    """The absolute path without links; a loop of links is left, where Path.resolve would raise."""
    return Path(os.path.realpath(path))
