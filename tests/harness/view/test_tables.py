"""Every listing has the same layout."""

from __future__ import annotations

import io

from rich.console import Console

from harness.host.finding import Finding
from harness.view.tables import table


def test_a_column_a_field_and_no_is_loud() -> None:
    out = io.StringIO()
    findings = [Finding(name="disk", ok=False, seen="1 MB free", fix="free some")]
    Console(file=out, width=80).print(table(findings))
    heading, row = out.getvalue().splitlines()
    assert heading.split() == ["name", "ok", "seen", "fix"]
    assert row.split()[:2] == ["disk", "NO"]


def test_nothing_is_said_plainly() -> None:
    assert str(table([])) == "nothing to show"


def test_a_cell_is_text_not_markup() -> None:
    out = io.StringIO()
    findings = [Finding(name="[/v1/payments]", ok=True, seen="[red]x[/red]\n\x1b[31m")]
    Console(file=out, width=80).print(table(findings))
    _, row = out.getvalue().splitlines()
    assert "[/v1/payments]" in row
    assert "[red]x[/red]\\n\\x1b[31m" in row
