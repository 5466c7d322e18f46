"""A mutated SLO document is read or clearly refused; `tests.support.fuzz_slo` checks 10,000."""

from __future__ import annotations

from pathlib import Path

from tests.support.fuzz_slo import fuzz_slo


def test_a_mutated_document_is_read_or_refused_with_file_line_and_fix(tmp_path: Path) -> None:
    out = fuzz_slo(300, 3, tmp_path)
    assert not out.crashed
    assert not out.unclear
    assert out.refused > 100
