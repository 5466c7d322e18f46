"""`squall validate`: check files before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.options import ROOT, as_json, show, system_file

if TYPE_CHECKING:
    from harness.system import SystemFiles


@click.command()
@click.argument("experiments", nargs=-1)
@system_file
@as_json
def validate(experiments: tuple[str, ...], files: SystemFiles, as_json: bool) -> int:
    """Check experiment files (default: all of them) against the system file."""
    from harness.run.from_arguments import check, read_all
    from harness.run.listing import experiment_names
    from reports.checks.own_before import refuse_wrong_own_checks
    from reports.measures.metric_table import metric_units

    names = experiments or tuple(experiment_names(ROOT))
    found = read_all(ROOT, names, files, metric_units())
    refuse_wrong_own_checks(files.read(), files.system)
    show(tuple(map(check, found)), as_json=as_json)
    return 0
