"""Results as the table of docs/benchmarks.md: one line a case, all its peers beside ours."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.measuring import Result
from harness.errors import ConfigError

BEGIN: Final = "<!-- table -->"
END: Final = "<!-- /table -->"
HEAD: Final = (
    "| row | case | ours (range) | peers (ours to theirs) | goal | met | yard, ms |",
    "|---|---|---|---|---|---|---|",
)


def machine() -> str:
    """Processor, kernel and Python, in one line."""
    with open("/proc/cpuinfo") as lines:  # noqa: PTH123  # one line of a pseudo-file
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "?")
    return f"{model}, Linux {platform.release()}, Python {platform.python_version()}."


def write_table(path: Path, results: Sequence[Result], order: Sequence[str]) -> None:
    """Put the results between the markers of a document; rows not among them stay as they are.

    Raises ConfigError if the markers are missing.
    """
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise ConfigError(f"has no `{BEGIN}` and `{END}` to write the table between", file=path)
    before, table, after = text.split(BEGIN)[0], *text.split(BEGIN)[1].split(END)[:2]
    lines: dict[str, list[str]] = {}
    for line in table.splitlines():
        name = line.split("|")[1].strip() if line.startswith("|") else ""
        lines.setdefault(name, []).append(line)
    for name in {r.row for r in results}:
        lines[name] = _lines([r for r in results if r.row == name])
    body = [line for name in order for line in lines.get(name, [])]
    path.write_text("\n".join([f"{before}{BEGIN}", machine(), "", *HEAD, *body, f"{END}{after}"]))


def _lines(of_row: list[Result]) -> list[str]:
    cases = dict.fromkeys(r.case for r in of_row)
    return [_line([r for r in of_row if r.case == case]) for case in cases]


def _line(of_case: list[Result]) -> str:
    first = of_case[0]
    ours = "-" if first.ours is None else f"{_short(first.ours)} {first.unit}"
    span = "" if first.rounds < 2 else f" ({_short(first.ours_min)} to {_short(first.ours_max)})"  # noqa: PLR2004  # one has no range
    peers = ", ".join(filter(None, map(_peer, of_case)))
    yard = "" if first.yard_ms is None else f"{first.yard_ms:.1f}"
    cells = (first.row, first.case, ours + span, peers, first.goal, _met(of_case), yard)
    return f"| {' | '.join(cells)} |"


def _peer(r: Result) -> str:
    if r.peer is None:  # its name says why, or the figure does not exist
        return r.peer_name if ":" in r.peer_name else ""
    return f"{r.peer_name} {_short(r.peer)}" + ("" if r.ratio is None else f" ({r.ratio:.2f})")


def _met(of_case: list[Result]) -> str:
    """Against a ratio: beside every peer."""
    known = [r.met for r in of_case if r.met is not None]
    word = ("yes" if all(known) else "**no**") if known else ""
    return word + (" (disturbed)" if of_case[0].disturbed else "")


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
