"""The cells of the kill matrix: one run of an experiment on a defect, kept as one JSON line.

Cells are kept when they are made, so a matrix that was interrupted goes on where it stood. The last
cell of a pair counts; INVALID cells stay in the file and are made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.errors import StoredRunError
from harness.files.undecodable import UNDECODABLE
from harness.files.whole_file import read_whole

CLEAN: Final = ""  # the defect of a run on the sound system
Pair = tuple[str, str, int]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `found`: classes of violations, codes of reasons, metrics of missed objectives.

    `likely`: the parts that the report names as the likely cause, the likeliest first.
    """

    defect: str
    experiment: str
    seed: int
    verdict: str
    found: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    took_s: float = 0.0
    version: str = ""

    @property
    def pair(self) -> Pair:
        """What was run."""
        return self.defect, self.experiment, self.seed


def cell_of(pair: Pair, document: Mapping[str, Any], metrics: Mapping[str, str]) -> Cell:
    """The cell of a run by its verdict.json; `metrics` names the metric of each objective."""
    codes = [reason["code"] for reason in document.get("reasons", ())]
    checks = document.get("checks", {}).values()
    classes = [found["class"] for check in checks for found in check["violations"]]
    missed = [
        metrics.get(one["name"], one["name"])
        for one in document.get("objectives", ())
        if one["verdict"] != "pass"
    ]
    names = dict.fromkeys([*classes, *missed, *codes])
    return Cell(
        defect=pair[0],
        experiment=pair[1],
        seed=pair[2],
        verdict=document.get("verdict", "ERROR"),
        found=tuple(name for name in names if name not in ("objective_failed", "passed")),
        likely=tuple(one["part"] for one in document.get("likely", ())),
        version=document.get("run", {}).get("squall_version", ""),
    )


def read_cells(path: Path) -> tuple[Cell, ...]:
    """All cells of the file, oldest first; none if there is no file. Raises StoredRunError."""
    try:
        lines = read_whole(path).splitlines()
        return tuple(msgspec.json.decode(line, type=Cell) for line in lines if line.strip())
    except FileNotFoundError:
        return ()
    except (OSError, *UNDECODABLE) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoredRunError(f"{path}: cannot be read: {why}") from error


def append_cell(path: Path, cell: Cell) -> None:
    """Keep the cell. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as out:
        out.write(msgspec.json.encode(cell) + b"\n")


def latest(cells: Iterable[Cell]) -> dict[Pair, Cell]:
    """The last cell of each pair that says something; an INVALID one only if there is no other."""
    kept: dict[Pair, Cell] = {}
    for cell in cells:
        old = kept.get(cell.pair)
        if old is None or not says_something(old) or says_something(cell):
            kept[cell.pair] = cell
    return kept


def says_something(cell: Cell) -> bool:
    """Whether the run counts: it passed or failed."""
    return cell.verdict in ("PASS", "FAIL")
