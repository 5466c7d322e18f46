"""Results as the table of docs/benchmarks.md."""

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
    "| row | case | ours | range | peer | ratio | goal | met |",
    "|---|---|---|---|---|---|---|---|",
)


def machine() -> str:
    """Processor, kernel and Python, in one line."""
    with open("/proc/cpuinfo") as lines:  # noqa: PTH123  # one line of a pseudo-file
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "?")
    return f"{model}, Linux {platform.release()}, Python {platform.python_version()}."


def _line(r: Result) -> str:
    ours = "-" if r.ours is None else f"{_short(r.ours)} {r.unit}"
    span = "-" if r.ours_min is None else f"{_short(r.ours_min)} to {_short(r.ours_max)}"
    peer = r.peer_name if r.peer is None else f"{r.peer_name} {_short(r.peer)}"
    ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
    met = {True: "yes", False: "**no**", None: ""}[r.met] + (" (disturbed)" if r.disturbed else "")
    return f"| {r.row} | {r.case} | {ours} | {span} | {peer} | {ratio} | {r.goal} | {met} |"


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def write_table(path: Path, results: Sequence[Result], order: Sequence[str]) -> None:
    """Put the results between the markers of a document; rows not among them stay as they are.

    Raises ConfigError if it has no markers.
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
        lines[name] = [_line(r) for r in results if r.row == name]
    body = [line for name in order for line in lines.get(name, [])]
    path.write_text("\n".join([f"{before}{BEGIN}", machine(), "", *HEAD, *body, f"{END}{after}"]))
