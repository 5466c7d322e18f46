"""The command line: registers the commands and turns every outcome into an exit code."""

from __future__ import annotations

import os
import sys

# Before anything else is imported: a module of the user (current folder, PYTHONPATH) must not take
# the place of one that we mean.
_HERE = os.path.dirname(os.path.abspath(__file__))
_FOREIGN = {"", *os.environ.get("PYTHONPATH", "").split(os.pathsep), *sys.path[:1]}
sys.path[:] = [_HERE, *(p for p in sys.path if p not in _FOREIGN or p.startswith(sys.prefix))]

from importlib import import_module
from typing import Any, Final

import click

from harness.view.streams import Streams

# A file of commands/ that holds a click command of the file's name.
COMMANDS: Final = ("run", "report", "runs", "validate", "doctor", "bench", "heal", "services")


class _Commands(click.Group):
    """Imports a command when it is used: help must not wait for what it does not need."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        found: Any = getattr(import_module(f"commands.{cmd_name}"), cmd_name)
        return found if isinstance(found, click.Command) else None


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="squall", message="squall %(version)s")
def squall() -> None:
    """Proves, before the real storm does, that a payments platform keeps every cent."""


def main() -> None:
    """Run the command line; every outcome has its own exit code, independent of the reader."""
    from harness.run.signals import Stopped, stoppable

    streams = Streams()
    try:
        with stoppable():
            code = int(squall(standalone_mode=False, obj=streams) or 0)
    except (Exception, Stopped, KeyboardInterrupt) as error:  # noqa: BLE001  # the process's edge
        code = _fail(streams, error)
    if streams.lost:
        streams.talk(f"squall: a part of the output could not be written: {streams.lost}")
    sys.exit(code)


def _fail(streams: Streams, error: BaseException) -> int:
    """Say what went wrong, with --json also as the one document; returns the exit code."""
    from harness.run.endings import as_document, ending, wants_json

    lines, code = ending(error)
    if wants_json(sys.argv) and not streams.said_json:
        streams.json(as_document(lines, code))
    for line in lines:
        streams.talk(f"squall: {line}")
    return code


if __name__ == "__main__":
    main()
