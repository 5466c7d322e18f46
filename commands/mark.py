"""`squall mark`: say when a fault of a running watch begins and ends."""

from __future__ import annotations

import click

from commands.options import as_json, clock, show, state


@click.command()
@click.argument("which", type=click.Choice(["start", "end"]))
@click.argument("text", default="")
@as_json
def mark(which: str, text: str, as_json: bool) -> int:
    """Mark that the fault TEXT starts or ends now, in the watch that is on."""
    from harness.run.marking import set_mark

    marked = set_mark(state(), "start" if which == "start" else "end", text, clock())
    show((marked,), as_json=as_json)
    return 0
