"""`squall services`: hold the system under test without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.options import as_json, show, state, system_file

if TYPE_CHECKING:
    from harness.system import SystemFiles


@click.group()
def services() -> None:
    """Hold the system under test without a run (for bare `chaos run` and `locust -f`)."""


@services.command()
@system_file
@as_json
def up(files: SystemFiles, as_json: bool) -> int:
    """Start the system and leave it running."""
    from harness.run.services import bring_up

    show(bring_up(files, state()), as_json=as_json)
    return 0


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
