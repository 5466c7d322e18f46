"""`--outlet KIND=FILE`: a verdict in the form of another tool, for `run` and `report`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from commands.options import streams

if TYPE_CHECKING:
    from reports.outlets.summary import VerdictSummary

# The names of reports.outlets.registry, which is not imported for --help.
KINDS: Final = ("junit", "markdown", "comment", "annotations", "openmetrics", "badge")
Wanted = tuple[tuple[str, Path], ...]


def _parsed(ctx: click.Context, param: click.Parameter, words: Sequence[str]) -> Wanted:
    """Each KIND=FILE, checked before anything starts."""
    from harness.files.problems import nearest, shown

    del ctx, param
    found: list[tuple[str, Path]] = []
    for word in words:
        kind, separator, file = word.partition("=")
        if kind not in KINDS:
            raise click.UsageError(f"--outlet: no kind {shown(kind)}; {nearest(kind, KINDS)}")
        if not separator or not file:
            raise click.UsageError(f"--outlet {kind}: no file; write --outlet {kind}=FILE")
        if Path(file).is_dir() or not Path(file).absolute().parent.is_dir():
            raise click.UsageError(f"--outlet {kind}: {shown(file)} cannot be a file")
        found.append((kind, Path(file)))
    return tuple(found)


outlets = click.option(
    "--outlet",
    "outlets",
    multiple=True,
    metavar="KIND=FILE",
    callback=_parsed,
    help=f"Also write the verdict for another tool: {', '.join(KINDS)}. May be repeated.",
)


def write_outlets(summary: VerdictSummary, wanted: Wanted) -> None:
    """Write each; a file that cannot be written is said and does not change the exit code."""
    from harness.files.whole_file import write_wherever
    from reports.outlets.registry import OUTLETS

    for kind, path in wanted:
        made = OUTLETS[kind](summary)
        try:
            write_wherever(path, made)
        except OSError as error:
            streams().talk(f"squall: {path}: not written: {error.strerror}")
