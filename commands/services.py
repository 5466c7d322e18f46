"""`squall services`: hold the system under test without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.options import as_json, dry_run, program, show, show_plan, state, system_file

if TYPE_CHECKING:
    from harness.system import SystemFiles


@click.group()
def services() -> None:
    """Hold the system under test without a run (for bare `chaos run` and `locust -f`)."""


@services.command()
@dry_run
@system_file
@as_json
def up(files: SystemFiles, dry_run: bool, as_json: bool) -> int:
    """Start the system and leave it running; one that is up already stays as it is."""
    from harness.run.dry_run import planned
    from harness.run.services import bring_up
    from harness.view.output import show_lines

    if dry_run:
        show_plan(planned(files, state()), as_json=as_json)
        return 0
    parts = bring_up(files, state())
    show(parts, as_json=as_json)
    if not as_json:
        entry = files.read().entry
        address = next((part.address for part in parts if part.name == entry), "")
        show_lines(next_lines(entry, address))
    return 0


def next_lines(entry: str, address: str) -> list[str]:
    """Where it takes requests, and the commands to use next."""
    url = address if "://" in address else f"http://{address}"
    load = "locust -f scenarios/steady_users.py --headless -t 60s"
    return [
        "",
        f"{entry} takes requests at {url}",
        f"  load    .venv/bin/{load} --host {url}",
        "  fault   .venv/bin/chaos run experiments/ledger-killed-at-peak/experiment.yaml",
        f"  look    {program()} services status",
        f"  end     {program()} services down",
    ]


@services.command()
@system_file
@as_json
def down(files: SystemFiles, as_json: bool) -> int:
    """Stop the system that `services up` started."""
    from harness.run.services import find, take_down

    if files.place:
        find(files, state())
    show(take_down(state()), as_json=as_json)
    return 0


@services.command()
@system_file
@as_json
def status(files: SystemFiles, as_json: bool) -> int:
    """Instances and edges as they are now."""
    from harness.run.services import find, look

    if files.place:
        find(files, state())
    show(look(state()), as_json=as_json)
    return 0
