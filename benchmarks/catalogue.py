"""Finds the rows: one file a row in benchmarks/rows/, each with a function `row()`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from importlib import import_module
from subprocess import SubprocessError
from typing import Final

from benchmarks import rows
from benchmarks.measuring import Result, Row, not_measured, run_row
from harness.errors import ConfigError, HarnessError
from harness.files.problems import nearest

ORDER: Final = (
    "lateness",
    "freeze",
    "generator-cpu",
    "locust-users",
    "record",
    "tcp-proxy",
    "delay",
    "switch",
    "envoy-edges",
    "recovery",
    "report-10m",
    "integrity-1m",
    "evidence",
    "start-up",
    "payments",
    "growth",
)


def row_names() -> tuple[str, ...]:
    """All rows that are there, in the order of the table."""
    found = {m.name.replace("_", "-") for m in pkgutil.iter_modules(rows.__path__)}
    return tuple(n for n in ORDER if n in found) + tuple(sorted(found - set(ORDER)))


def find_row(name: str) -> Row:
    """The row of that name. Raises ConfigError with the nearest."""
    if name not in row_names():
        raise ConfigError(f"no benchmark row {name!r}; {nearest(name, list(row_names()))}")
    module = import_module(f"benchmarks.rows.{name.replace('-', '_')}")
    row: Row = module.row()
    return row


def run_rows(
    names: Iterable[str],
    rounds: int | None,
    say: Callable[[str], object],
    keep: Callable[[tuple[Result, ...]], object],
) -> tuple[Result, ...]:
    """Measure these rows one after the other and name the current one; `keep` each result at once.

    A row that could not be measured says why in the peer's place and keeps nothing else.
    """
    results: list[Result] = []
    for name in names:
        say(f"{name} ...")
        row = find_row(name)
        try:
            found = run_row(row, rounds)
        except (HarnessError, OSError, SubprocessError) as error:
            say(f"{name}: not measured: {error}")
            found = not_measured(row, str(error))
        keep(found)
        results += found
    return tuple(results)
