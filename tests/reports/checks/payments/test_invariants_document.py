"""docs/invariants.md lists every violation class and every planted defect, in one row."""

from __future__ import annotations

import re
from pathlib import Path

from reports.checks import double_entry as books
from reports.checks import effects
from tests.reports.checks.test_double_entry import DEFECTS as DOUBLE_ENTRY
from tests.reports.checks.test_effects import DEFECTS as EFFECTS
from tests.support.planted_checks import payment_kinds
from tests.support.planted_ledgers import ALL

DOCUMENT = Path(__file__).parents[4] / "docs" / "invariants.md"


def rows() -> dict[str, set[str]]:
    """The planted defects that the document lists, by violation class."""
    lines = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): set(re.findall(r"`(\w+)`", last)) for first, _, last in cells}


def test_every_class_of_every_check_has_a_row() -> None:
    classes = {kind.name for check in payment_kinds() for kind in check.classes}
    assert set(rows()) == classes | {kind.name for kind in (*effects.CLASSES, *books.CLASSES)}


def test_every_planted_defect_is_in_the_row_of_its_class() -> None:
    planted: dict[str, set[str]] = {}
    every = [(defect, kind) for defect, (_, kind) in ALL.items()]
    every += [(it.__name__, kind) for it, kind in EFFECTS.items()]
    every += [(it.__name__, kind) for it, kind in DOUBLE_ENTRY.items()]
    for defect, kind in every:
        planted.setdefault(kind, set()).add(defect)
    assert rows() == planted
