"""A run's folder holds no secret of its files; Chaos Toolkit is given them all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run.inputs import conducted, read_inputs, scrub_run, store_inputs
from harness.store import RunFolder

SECRET = "hunter2-Zx9"
EXPERIMENT = f"title: t\nsecrets: {{shop: {{token: {SECRET}}}}}\n"
SYSTEM = f"name: shop\nservices:\n  - {{name: db, url: 'postgresql://app:{SECRET}@db:5432/x'}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.create()
    return made


def files(tmp_path: Path, experiment: str, system: str) -> tuple[Path, Path]:
    paths = tmp_path / "experiment.yaml", tmp_path / "system.yaml"
    for path, text in zip(paths, (experiment, system), strict=True):
        path.write_text(text)
    return paths


def all_text(folder: RunFolder) -> str:
    return "".join(path.read_text() for path in folder.root.rglob("*") if path.is_file())


def test_no_secret_reaches_the_folder(folder: RunFolder, tmp_path: Path) -> None:
    experiment, system = files(tmp_path, EXPERIMENT, SYSTEM)
    inputs = read_inputs(experiment, system)
    store_inputs(inputs, folder)
    assert SECRET not in all_text(folder)
    assert "postgresql://app:***@db:5432/x" in folder.system.read_text()
    folder.log("db").write_text(f"FATAL: postgresql://app:{SECRET}@db refused\n")
    folder.timeline.write_text(f'{{"data":{{"why":"{SECRET}"}}}}\n')
    folder.journal.write_text(f'{{"output":"{SECRET}"}}')
    scrub_run(inputs, folder)
    assert SECRET not in all_text(folder)
    assert folder.log("db").read_text() == "FATAL: postgresql://app:***@db refused\n"


def test_what_is_conducted_has_its_secrets(folder: RunFolder, tmp_path: Path) -> None:
    experiment, system = files(tmp_path, EXPERIMENT, SYSTEM)
    store_inputs(read_inputs(experiment, system), folder)
    assert conducted(experiment, folder) == EXPERIMENT.encode()


def test_a_file_without_secrets_is_kept_to_the_byte(folder: RunFolder, tmp_path: Path) -> None:
    text = "# a comment\ntitle:   t\n"
    experiment, system = files(tmp_path, text, "name: x\n")
    store_inputs(read_inputs(experiment, system), folder)
    assert folder.experiment.read_text() == text
    folder.experiment.write_text("title: the copy\n")
    assert conducted(experiment, folder) == b"title: the copy\n"


def test_a_password_in_a_comment_is_left_out_too(folder: RunFolder, tmp_path: Path) -> None:
    old = f"name: x\n# url: postgresql://app:{SECRET}@old\n"
    experiment, system = files(tmp_path, "title: t\n", old)
    store_inputs(read_inputs(experiment, system), folder)
    assert folder.system.read_text() == "name: x\n"
