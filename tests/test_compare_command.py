"""`squall compare` as it is typed: a wrong matrix starts nothing, a stored one is judged again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.campaigns.folder import new_folder
from tests.support.fuzz_matrices import MATRIX
from tests.support.stub_comparison import stub_comparison
from tests.support.typed import squall


def test_a_wrong_matrix_is_a_usage_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "matrix.yaml"
    path.write_text(MATRIX.replace("replicas: 1", "replica: 1", 1))
    done = squall("compare", str(path), "--json", "--runs-dir", str(tmp_path / "runs"))
    assert done.returncode == 2
    told = msgspec.json.decode(done.stdout)
    assert "matrix.yaml:12" in str(told)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("words", [(), ("a.yaml", "--resume", "b")])
def test_it_takes_a_matrix_or_a_campaign(words: tuple[str, ...]) -> None:
    assert squall("compare", *words).returncode == 2


def test_a_gate_does_not_continue_a_comparison(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "campaign", stub_comparison())
    done = squall("gate", "--resume", str(folder.root))
    assert done.returncode == 2
    assert "is a campaign of `squall compare`" in done.stderr
    assert not list(folder.attempts.glob("*"))


def test_a_comparison_without_a_run_is_stored_shown_and_no_pass(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "campaign", stub_comparison())
    folder.seal()
    done = squall("report", str(folder.root), "--json")
    assert done.returncode == 4
    assert msgspec.json.decode(done.stdout)["decision"] == "INCONCLUSIVE"
    assert folder.compare.is_file()
    assert "default-src 'none'" in folder.report.read_text()
