"""How a Python child process of ours is started: it imports our code and installed packages only.

`-I` leaves out the current folder, PYTHONPATH, PYTHONSTARTUP and the user's site-packages: a
`logging.py` or a folder `harness/` of the user must not take the place of what we import.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]


def python_module(module: str, *arguments: str) -> tuple[str, ...]:
    """The command of a module. Its output is not buffered: a line is there when it was written."""
    return (sys.executable, "-I", "-u", "-m", module, *arguments)
