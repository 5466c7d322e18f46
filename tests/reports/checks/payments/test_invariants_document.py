"""docs/invariants.md lists every violation class and every planted defect, in one row."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.planted_checks import payment_kinds
from tests.support.planted_ledgers import ALL

DOCUMENT = Path(__file__).parents[4] / "docs" / "invariants.md"


def rows() -> dict[str, set[str]]:
    """The planted defects that the document lists, by violation class."""
    lines = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): set(re.findall(r"`(\w+)`", last)) for first, _, last in cells}


def test_every_class_of_every_check_has_a_row() -> None:
    assert set(rows()) == {kind.name for check in payment_kinds() for kind in check.classes}


def test_every_planted_defect_is_in_the_row_of_its_class() -> None:
    planted: dict[str, set[str]] = {}
    for defect, (_, kind) in ALL.items():
        planted.setdefault(kind, set()).add(defect)
    assert rows() == planted
