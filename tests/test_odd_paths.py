"""A path to a FIFO, a loop of links or an unreadable file is refused at once with its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.runs_builder import sound_run
from tests.support.typed import squall

UNREADABLE = "/proc/self/mem"  # a regular file whose reading fails
LOOP, FIFO, FOLDER = "loop", "fifo", "folder"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    os.mkfifo(folder / FIFO)
    (folder / LOOP).symlink_to(LOOP)
    (folder / FOLDER).mkdir()
    sound_run().write(folder / "run")
    return folder


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("validate", UNREADABLE), "mem: (file): cannot be read: Input/output error"),
        (("gate", UNREADABLE), "mem: (file): cannot be read: Input/output error"),
        (("run", "--dry-run", "--slo", LOOP, "bank-slow"), "'loop'"),
        (("run", "--dry-run", "--scenario", "./loop/x.py", "bank-slow"), "'./loop/x.py'"),
        (("verify", UNREADABLE), "mem: cannot be read: Input/output error"),
        (("verify", FIFO), "fifo: cannot be read: is not a regular file"),
        (("seal", LOOP), "loop"),
        (("verdict", "serve", "run", "--token-file", FIFO), "not a regular"),
        (("runs", "--runs-dir", UNREADABLE), "is not a folder"),
        (("trend", "--runs-dir", LOOP), "is not a folder"),
        (("init", "new", "--url", "http://127.0.0.1:1", "--openapi", FIFO), "not a regular file"),
        (("init", "new", "--url", "http://["), "--url 'http://['"),
        (("init", "new", "--url", "http://127.0.0.1:99999"), "--url"),
        (("mutants", "--no-runs", "--cells", FIFO), "fifo: cannot be read"),
        (("mutants", "--no-runs", "--write", f"{FOLDER}/no/x.md"), "cannot be a file"),
        (("mutants", "--no-runs", "--write", FIFO), "fifo: cannot be written"),
    ],
)
def test_an_odd_path_is_refused_in_words(odd: Path, words: tuple[str, ...], told: str) -> None:
    done = squall(*words, folder=odd)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr


def test_an_outlet_without_a_reader_is_not_waited_for(odd: Path) -> None:
    done = squall("report", "run", "--outlet", "junit=fifo", folder=odd)
    assert done.returncode == 0
    assert "fifo: not written: No such device or address" in done.stderr
