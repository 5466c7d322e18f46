"""Every listing looks alike, whatever it lists."""

from __future__ import annotations

import io

from rich.console import Console

from harness.doctor import Finding
from harness.tables import table


def test_a_column_a_field_and_no_is_loud() -> None:
    out = io.StringIO()
    findings = [Finding(name="disk", ok=False, seen="1 MB free", fix="free some")]
    Console(file=out, width=80).print(table(findings))
    heading, row = out.getvalue().splitlines()
    assert heading.split() == ["name", "ok", "seen", "fix"]
    assert row.split()[:2] == ["disk", "NO"]


def test_nothing_is_said_plainly() -> None:
    assert table([]) == "nothing to show"
