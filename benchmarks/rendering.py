"""Results as the table of docs/benchmarks.md."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.measuring import Result
from harness.errors import ConfigError

BEGIN: Final = "<!-- table -->"
END: Final = "<!-- /table -->"


def markdown(results: Iterable[Result]) -> str:
    """The table, with the machine that it was measured on."""
    head = "| row | case | ours | range | peer | ratio | goal | met |"
    lines = [machine(), "", head, "|---|---|---|---|---|---|---|---|"]
    lines += [_line(r) for r in results]
    return "\n".join(lines) + "\n"


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


def write_table(path: Path, results: Iterable[Result]) -> None:
    """Put the table between the markers of a document. Raises ConfigError if it has none."""
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise ConfigError(f"has no `{BEGIN}` and `{END}` to write the table between", file=path)
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{markdown(results)}{END}{after}")
