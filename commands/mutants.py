"""`squall mutants`: run experiments on seeded defects, and print which one finds which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from commands.options import EXIT, ROOT, as_json, streams, system_file

if TYPE_CHECKING:
    from harness.mutants.cells import Pair
    from harness.mutants.runner import Runner
    from harness.system import SystemFiles
    from reports.kill_matrix import KillMatrix

RUNS: Final = Path("runs") / "mutants"


@click.command()
@click.option(
    "--suite",
    type=click.Choice(["ci", "directed", "full"]),
    default="directed",
    show_default=True,
    help="ci: ten defects; directed: each with the experiment aimed at it; full: each with all.",
)
@click.option("--defect", "defects", multiple=True, help="Only this defect; may be repeated.")
@click.option("--experiment", "experiments", multiple=True, help="Only this one; may be repeated.")
@click.option(
    "--clean",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    help="Runs without a defect, each with another seed: none of them may FAIL.",
)
@click.option(
    "--cells",
    type=click.Path(path_type=Path),
    default=RUNS / "cells.ndjson",
    show_default=True,
    help="Where each cell is kept; cells that are there are not run again.",
)
@click.option("--write", type=click.Path(path_type=Path), help="Write the matrix as Markdown.")
@click.option("--no-runs", is_flag=True, help="Print what the cells say; run nothing.")
@system_file
@as_json
def mutants(files: SystemFiles, cells: Path, write: Path | None, **given: Any) -> int:  # noqa: ANN401  # click
    """Run experiments on seeded defects in their short form; print the kill matrix."""
    from harness.files.problems import shown
    from harness.mutants.catalogue import read_catalogue
    from harness.mutants.cells import read_cells
    from harness.mutants.plan import Wanted, pairs
    from harness.mutants.runner import Runner
    from harness.run.listing import experiment_names
    from harness.view.output import show_lines
    from reports.kill_matrix import lines, markdown, matrix_of

    if write is not None and (write.is_dir() or not write.absolute().parent.is_dir()):
        raise click.UsageError(f"--write: {shown(str(write))} cannot be a file")
    catalogue = read_catalogue(files.system)
    words = {key: given[key] for key in ("suite", "defects", "experiments", "clean")}
    wanted = pairs(Wanted(**words), catalogue, experiment_names(ROOT))
    if not given["no_runs"]:
        runner = Runner(root=ROOT, folder=RUNS.absolute(), system=files.system.absolute())
        _run_missing(wanted, cells, runner)
    matrix = matrix_of(catalogue, read_cells(cells))
    if write is not None:
        _write(write, markdown(matrix))
    if given["as_json"]:
        streams().json(_document(matrix))
    else:
        show_lines(lines(matrix))
    return EXIT[_verdict(matrix, wanted)]


def _write(path: Path, text: str) -> None:
    """Raises RefusedError."""
    from harness.errors import RefusedError
    from harness.files.whole_file import write_wherever

    try:
        write_wherever(path, text.encode())
    except OSError as error:
        raise RefusedError(f"{path}: cannot be written: {error.strerror}") from error


def _run_missing(wanted: tuple[Pair, ...], cells: Path, runner: Runner) -> None:
    """Run each pair that has no cell yet that counts; an INVALID run is repeated once."""
    from harness.mutants.cells import append_cell, latest, read_cells, says_something

    for pair in wanted:
        for _ in range(2):
            known = latest(read_cells(cells)).get(pair)
            if known is not None and says_something(known):
                break
            cell = runner.run(pair)
            append_cell(cells, cell)
            found = ", ".join(cell.found)
            name = cell.defect or "(no defect)"
            streams().talk(
                f"{name} · {cell.experiment}: {cell.verdict} {found} ({cell.took_s:g} s)"
            )


def _verdict(matrix: KillMatrix, wanted: tuple[Pair, ...]) -> str:
    """Of the pairs that were wanted: a survivor or a false alarm fails, a missing run is open."""
    names = {pair[0] for pair in wanted}
    if matrix.false_alarms or any(one.name in names for one in matrix.survivors):
        return "FAIL"
    return "INCONCLUSIVE" if any(one.name in names for one in matrix.not_run) else "PASS"


def _document(matrix: KillMatrix) -> bytes:
    import msgspec

    from reports.kill_matrix import sums

    cells = [cell for found in matrix.by_defect.values() for cell in found]
    return msgspec.json.encode({"sums": sums(matrix), "cells": cells, "clean": matrix.clean})
