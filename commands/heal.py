"""`squall heal`: undo what a killed run has left."""

from __future__ import annotations

import click

from commands.options import INVALID, as_json, clock, show, state, streams


@click.command()
@as_json
def heal(as_json: bool) -> int:
    """Undo what a killed run has left behind, and verify it."""
    from harness.run.services import heal_now

    healed = heal_now(state(), clock())
    show(healed.records, as_json=as_json)
    if healed.kept:
        streams().talk("squall: a system is up and is kept; `squall services down` ends it")
    return INVALID if healed.failed else 0
