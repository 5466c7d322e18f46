"""`squall trend`: score and recovery over the stored runs."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json, runs_dir, show


@click.command()
@click.argument("experiment", required=False)
@runs_dir
@as_json
def trend(experiment: str | None, runs_dir: Path, as_json: bool) -> int:
    """Score, recovery and verdict of the stored runs of EXPERIMENT (or all), oldest first."""
    from reports.verdict.trend import trend_of

    show(trend_of(runs_dir, experiment), as_json=as_json)
    return 0
