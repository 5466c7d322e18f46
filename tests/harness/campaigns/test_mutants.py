"""A mutated suite file is read or clearly refused; `tests.support.fuzz_suites` checks 10,000."""

from __future__ import annotations

from pathlib import Path

from tests.support.fuzz_suites import fuzz_suites


def test_a_mutated_suite_is_read_or_refused_with_file_line_and_fix(tmp_path: Path) -> None:
    out = fuzz_suites(400, 7, tmp_path)
    assert not out.crashed
    assert not out.unclear
    assert not out.missed
    assert out.refused > 100
