"""What a person types, as a process: `squall` from the checkout with its whole output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_START: Final = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cli; cli.main()"


def command_of(*words: str) -> list[str]:
    """The command; it works from any folder."""
    return [sys.executable, "-c", _START, *words]


def squall(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run it to its end, which is an exit code and not an exception."""
    return subprocess.run(
        command_of(*words), cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
