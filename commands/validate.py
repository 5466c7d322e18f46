"""`squall validate`: check files before a run."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import ROOT, as_json, show, system_file


@click.command()
@click.argument("experiments", nargs=-1)
@system_file
@as_json
def validate(experiments: tuple[str, ...], system_path: Path, as_json: bool) -> int:
    """Check experiment files (default: all of them) against the system file."""
    from harness.run.from_arguments import check, read_all
    from harness.run.listing import experiment_names
    from reports.verdict.objectives import metric_units

    names = experiments or tuple(experiment_names(ROOT))
    found = read_all(ROOT, names, system_path, metric_units())
    show(tuple(map(check, found)), as_json=as_json)
    return 0
