"""`squall runs`: list the stored runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.options import as_json, runs_dir, show, stored_experiments

if TYPE_CHECKING:
    from harness.run.listing import ListedRun

_VERDICTS = ("PASS", "FAIL", "INVALID")


@click.command()
@click.argument("experiment", default="", shell_complete=stored_experiments)
@click.option(
    "--verdict",
    type=click.Choice(_VERDICTS, case_sensitive=False),
    help="Only runs with this verdict.",
)
@click.option("--limit", type=click.IntRange(1), help="At most so many, the newest.")
@runs_dir
@as_json
def runs(
    experiment: str, *, verdict: str | None, limit: int | None, runs_dir: Path, as_json: bool
) -> int:
    """List the stored runs, newest first: all, or those of EXPERIMENT."""
    from harness.run.listing import chosen_runs

    found = chosen_runs(
        runs_dir, experiment=experiment, verdict=(verdict or "").upper(), limit=limit
    )
    if as_json:
        show(found, as_json=True)
    else:
        _lines(found)
    return 0


def _lines(found: tuple[ListedRun, ...]) -> None:
    """One line a run, the verdict first, the path last: to be read, cut and sorted."""
    from harness.view.output import show_lines

    show_lines(
        [f"{run.verdict:<9} {_minute(run.started_at):<16}  {run.path}" for run in found]
        or ["no run is stored here; `squall run EXPERIMENT` makes one"]
    )


def _minute(started_at: str) -> str:
    """`2026-11-30 10:20` of the time of a run, in UTC as its folder is named."""
    return started_at[:16].replace("T", " ")
