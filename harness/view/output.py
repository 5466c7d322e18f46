"""Lines and tables on standard output, and the console of what is shown during a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

import msgspec
from rich.console import Console
from rich.text import Text

from harness.inert_text import inert
from harness.view.tables import table

_WIDE: Final = 10_000
_LEAST_WIDE: Final = 40
_NO_TERMINAL: Final = ("", "dumb", "unknown")
_COLOURS: Final = {
    "PASS": "bold green",
    "FAIL": "bold red",
    "INCONCLUSIVE": "bold yellow",
    "INVALID": "bold yellow",
}


def show_lines(lines: Iterable[str]) -> None:
    """Print lines; one that begins with a verdict has its colour."""
    console = _console(sys.stdout)
    for line in lines:
        colour = _COLOURS.get(line.split(" ")[0], "")
        console.print(Text(inert(line), style=colour), soft_wrap=True)
    sys.stdout.flush()


def show_records(records: Sequence[msgspec.Struct]) -> None:
    """Print records as a table."""
    _console(sys.stdout).print(table(records))
    sys.stdout.flush()


def wide() -> int | None:
    """The columns of the terminal that standard output is; None for a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    return max(_console(sys.stdout).width, _LEAST_WIDE)


def live_console(stream: TextIO) -> Console:
    """A console for what is shown during a run."""
    live = is_live(stream)
    return Console(file=stream, highlight=False, force_terminal=live, force_interactive=live)


def is_live(stream: TextIO) -> bool:
    """Whether a picture can be redrawn there: on a terminal only; FORCE_COLOR changes nothing."""
    return stream.isatty() and os.environ.get("TERM", "") not in _NO_TERMINAL


def _console(stream: TextIO) -> Console:
    coloured = is_live(stream) or bool(os.environ.get("FORCE_COLOR"))
    width = None if stream.isatty() else _WIDE  # lines to a pipe or a file are not folded
    return Console(file=stream, highlight=False, force_terminal=coloured, width=width)
