"""`squall runs`: list the stored runs."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json, runs_dir, show


@click.command()
@runs_dir
@as_json
def runs(runs_dir: Path, as_json: bool) -> int:
    """List the stored runs, oldest first."""
    from harness.run.listing import stored_runs

    show(stored_runs(runs_dir), as_json=as_json)
    return 0
