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
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import click

from harness.view.streams import Streams

# Each is a file of commands/ that holds a click command of the same name.
COMMANDS: Final = (
    "run",
    "gate",
    "compare",
    "noise",
    "trend",
    "watch",
    "mark",
    "report",
    "runs",
    "validate",
    "doctor",
    "bench",
    "heal",
    "services",
    "init",
    "schema",
    "mutants",
    "verdict",
    "seal",
    "verify",
)
# Installed packages add commands under this group of entry points: `hello = "package:command"`.
_WHOLE: Final = 1_000
ENTRY_POINTS: Final = "squall.commands"


class _Commands(click.Group):
    """Imports a command when it is used, so that `--help` does not import the others."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Whole sentences: a summary is wrapped, not cut."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, each.get_short_help_str(_WHOLE)) for name, each in found if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return [*COMMANDS, *sorted(_foreign())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name in COMMANDS:
            found: Any = getattr(import_module(f"commands.{cmd_name}"), cmd_name)
        elif entry := _foreign().get(cmd_name):
            found = entry.load()
        else:
            return None
        return found if isinstance(found, click.Command) else None


def _foreign() -> dict[str, EntryPoint]:
    """The commands of installed packages; they cannot replace a command of Squall."""
    found = entry_points(group=ENTRY_POINTS)
    return {entry.name: entry for entry in found if entry.name not in COMMANDS}


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="squall", message="squall %(version)s")
def squall() -> None:
    """Test whether a system under load and faults stays up, recovers and keeps its records."""


def main() -> None:
    """Run the command line; every outcome has its own exit code, independent of the reader."""
    from harness.run.signals import Stopped, stoppable

    streams = Streams()
    try:
        with stoppable():
            code = int(squall(prog_name="squall", standalone_mode=False, obj=streams) or 0)
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
