"""A mutated file is accepted or clearly refused; `tests.support.fuzz_files` checks 10,000."""

from __future__ import annotations

from pathlib import Path

from tests.support.fuzz_files import fuzz


def test_mutants_are_accepted_or_refused_with_file_line_and_fix(tmp_path: Path) -> None:
    out = fuzz(400, 7, tmp_path)
    assert not out.crashed
    assert not out.unclear
    assert out.refused > 100
    assert len(out.missed) <= out.broken // 100, out.missed
