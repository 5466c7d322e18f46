"""The kill matrix: experiments against defects, from the stored cells; pure.

A defect is killed by an experiment whose run FAILs. A run on the sound system that FAILs is a false
alarm. INVALID runs say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.mutants.catalogue import Catalogue, Defect
from harness.mutants.cells import CLEAN, Cell, latest

MOST_NAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class KillMatrix:
    """All that the cells say. `by_defect` has the cells that count of each defect."""

    catalogue: Catalogue
    by_defect: dict[str, tuple[Cell, ...]]
    clean: tuple[Cell, ...]
    invalid: tuple[Cell, ...] = field(default=())

    def killers(self, defect: str) -> tuple[Cell, ...]:
        """The cells that kill it."""
        return tuple(one for one in self.by_defect.get(defect, ()) if one.verdict == "FAIL")

    @property
    def false_alarms(self) -> tuple[Cell, ...]:
        """Runs on the sound system that failed."""
        return tuple(one for one in self.clean if one.verdict == "FAIL")

    @property
    def killed(self) -> tuple[Defect, ...]:
        """The defects that at least one experiment kills."""
        return tuple(d for d in self._real() if self.killers(d.name))

    @property
    def survivors(self) -> tuple[Defect, ...]:
        """The defects that were run and never killed."""
        run = [d for d in self._real() if self.by_defect.get(d.name)]
        return tuple(d for d in run if not self.killers(d.name))

    @property
    def not_run(self) -> tuple[Defect, ...]:
        """The defects without a run that counts."""
        return tuple(d for d in self._real() if not self.by_defect.get(d.name))

    def only_killer(self, experiment: str) -> tuple[str, ...]:
        """The defects that no other experiment is known to kill."""
        return tuple(
            d.name
            for d in self._real()
            if {cell.experiment for cell in self.killers(d.name)} == {experiment}
        )

    def hits(self, among: int) -> tuple[int, int]:
        """In how many kills by its own experiment the part is among the first; of how many."""
        own = [
            (one, cell)
            for one in self._real()
            for cell in self.killers(one.name)
            if cell.experiment == one.experiment and one.part
        ]
        return sum(one.part in cell.likely[:among] for one, cell in own), len(own)

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments of all cells, in order of their first one."""
        cells = [*(c for found in self.by_defect.values() for c in found), *self.clean]
        return tuple(dict.fromkeys(cell.experiment for cell in cells))

    def _real(self) -> Iterable[Defect]:
        return (one for one in self.catalogue.defects if not one.equivalent)


def matrix_of(catalogue: Catalogue, cells: Sequence[Cell]) -> KillMatrix:
    """The matrix of the last cell of each pair."""
    kept = latest(cells).values()
    counted = [cell for cell in kept if cell.verdict in ("PASS", "FAIL")]
    return KillMatrix(
        catalogue=catalogue,
        by_defect={
            one.name: tuple(cell for cell in counted if cell.defect == one.name)
            for one in catalogue.defects
        },
        clean=tuple(cell for cell in counted if cell.defect == CLEAN),
        invalid=tuple(cell for cell in kept if cell.verdict not in ("PASS", "FAIL")),
    )


def by_what(cell: Cell, defect: Defect) -> str:
    """What reported it: the expected findings, or all where none of them was found."""
    expected = [name for name in cell.found if name in defect.signature]
    names = expected or list(cell.found)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def lines(matrix: KillMatrix) -> list[str]:
    """For a terminal: a line for each defect, then the sums."""
    found = [_line(one, matrix) for one in matrix.catalogue.defects]
    return [*found, "", *sums(matrix)]


def sums(matrix: KillMatrix) -> list[str]:
    """What the matrix comes to."""
    equivalent = [one for one in matrix.catalogue.defects if one.equivalent]
    real = len(matrix.catalogue.defects) - len(equivalent)
    lived = f"{len(matrix.survivors)} survive, {len(matrix.not_run)} have no run that counts"
    said = [
        f"{len(matrix.killed)} of {real} defects are killed, {lived}; {len(equivalent)} equivalent",
        f"{len(matrix.false_alarms)} false alarms in {len(matrix.clean)} runs without a defect",
    ]
    for among, words in ((1, "first"), (3, "among the first three")):
        hits, kills = matrix.hits(among)
        said.append(f"likely cause: the right part {words} in {hits} of {kills} kills")
    for name in matrix.experiments:
        only = matrix.only_killer(name)
        said.append(f"only {name} kills: {', '.join(only) or 'none'}")
    return said


def _line(defect: Defect, matrix: KillMatrix) -> str:
    if defect.equivalent:
        return f"{defect.name:28} equivalent"
    killers = matrix.killers(defect.name)
    if not killers:
        run = [cell.experiment for cell in matrix.by_defect.get(defect.name, ())]
        state = f"SURVIVES {', '.join(run)}" if run else "not run"
        return f"{defect.name:28} {state}"
    said = "; ".join(f"{cell.experiment}: {by_what(cell, defect)}" for cell in killers)
    return f"{defect.name:28} killed by {said}"


def markdown(matrix: KillMatrix) -> str:
    """The document that stands in docs/."""
    names = matrix.experiments
    head = [
        "# The gate of the gate",
        "",
        "Made by `squall mutants --write`; do not edit. K: the run on that defect FAILs. ·: it",
        "passes. Empty: not run.",
        "",
        *(f"- {line}" for line in sums(matrix)),
        "",
        "| no. | defect | " + " | ".join(names) + " | found by | seen in the wild |",
        "|---|---|" + "---|" * len(names) + "---|---|",
    ]
    rows = [_row(one, matrix, names) for one in matrix.catalogue.defects]
    clean = " | ".join(_clean_mark(matrix, name) for name in names)
    rows.append(f"| | (no defect: false alarms of runs) | {clean} | | |")
    why = [
        f"- **{one.name}** is equivalent: {one.equivalent}"
        for one in matrix.catalogue.defects
        if one.equivalent
    ]
    return "\n".join([*head, *rows, "", *why]) + "\n"


def _row(defect: Defect, matrix: KillMatrix, names: Sequence[str]) -> str:
    by_name = {cell.experiment: cell for cell in matrix.by_defect.get(defect.name, ())}
    marks = " | ".join(_mark(by_name.get(name)) for name in names)
    killers = matrix.killers(defect.name)
    best = next((c for c in killers if c.experiment == defect.experiment), None)
    best = best or next(iter(killers), None)
    unkilled = "not killed" if by_name else "not run"
    what = "equivalent" if defect.equivalent else by_what(best, defect) if best else unkilled
    return f"| {defect.number or ''} | {defect.name} | {marks} | {what} | {defect.source} |"


def _mark(cell: Cell | None) -> str:
    return "" if cell is None else "K" if cell.verdict == "FAIL" else "·"


def _clean_mark(matrix: KillMatrix, name: str) -> str:
    runs = [cell for cell in matrix.clean if cell.experiment == name]
    alarms = sum(cell.verdict == "FAIL" for cell in runs)
    return f"{alarms} of {len(runs)}" if runs else ""
