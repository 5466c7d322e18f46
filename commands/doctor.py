"""`squall doctor`: find what would stop a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.options import USAGE, as_json, runs_dir, show, state, system_file

if TYPE_CHECKING:
    from harness.system import SystemFiles


@click.command()
@runs_dir
@system_file
@as_json
def doctor(runs_dir: Path, files: SystemFiles, as_json: bool) -> int:
    """Find what would stop a run, before it starts."""
    from harness.run.from_arguments import diagnose

    findings = diagnose(runs_dir, files, state())
    show(findings, as_json=as_json)
    return 0 if all(finding.ok for finding in findings) else USAGE
