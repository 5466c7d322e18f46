"""One run a machine: the lock names its holder and ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import RefusedError
from harness.safety.lock import MachineLock, holder
from tests.support.safety_victims import read_line

HOLD = (
    "import sys, time; from pathlib import Path; from harness.safety.lock import MachineLock\n"
    "lock = MachineLock.take(Path(sys.argv[1]))\n"
    "print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "squall.lock"


def test_names_the_holder_to_the_second_comer(path: Path) -> None:
    with MachineLock.take(path), pytest.raises(RefusedError) as refused:
        MachineLock.take(path)
    text = str(refused.value)
    assert f"pid {os.getpid()} (uid {os.getuid()}) holds this machine since 20" in text
    assert "pytest" in text


def test_can_be_taken_again_after_release(path: Path) -> None:
    lock = MachineLock.take(path)
    lock.release()
    lock.release()
    assert holder(path) is None
    with MachineLock.take(path):
        found = holder(path)
        assert found is not None
        assert (found.pid, found.uid) == (os.getpid(), os.getuid())


def test_to_look_does_not_disturb_a_taker(path: Path) -> None:
    with MachineLock.take(path):
        assert holder(path) == holder(path)
    assert holder(path) is None


def test_ends_when_its_holder_is_killed(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        read_line(process)
        with pytest.raises(RefusedError, match=f"pid {process.pid}"):
            MachineLock.take(path)
        process.kill()
        process.wait(5)
    assert holder(path) is None
    with MachineLock.take(path):
        pass


def test_is_not_held_by_a_child_that_outlives_the_holder(path: Path) -> None:
    lock = MachineLock.take(path)
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        lock.release()
        MachineLock.take(path).release()
    finally:
        child.kill()
        child.wait(5)


def test_anybody_may_take_it_later_and_nobody_else_may_write_to_it(path: Path) -> None:
    before = os.umask(0o077)
    try:
        MachineLock.take(path).release()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_forged_holder_in_the_file_is_not_believed(path: Path) -> None:
    forged = f'{{"pid":{os.getpid()},"started_ticks":1,"what":"squall services up","since":"t"}}'
    path.write_text(forged)
    path.chmod(0o666)
    assert holder(path) is None
    with MachineLock.take(path), pytest.raises(RefusedError) as refused:
        MachineLock.take(path)
    assert "services up" not in str(refused.value)
    assert path.read_text() == forged, "another user's file is not written to"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_lock_that_another_user_made_can_be_taken() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        path = Path(folder) / "squall.lock"
        path.write_text("")
        os.chown(path, 65534, 65534)
        path.chmod(0o644)
        with MachineLock.take(path):
            assert holder(path) is not None


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a FIFO", "a folder"])
def test_refuses_what_is_no_file_at_once(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    assert holder(path) is None
    with pytest.raises(RefusedError, match="is not a regular file; remove it"):
        MachineLock.take(path)


def test_a_huge_file_is_not_read(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)
    with MachineLock.take(path):
        assert holder(path) is not None
    assert path.stat().st_size == 1 << 40


def test_the_file_may_be_another_name_of_one_that_matters(path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    path.hardlink_to(precious)
    MachineLock.take(path).release()
    assert precious.read_text() == "mine"


def test_what_the_holder_calls_itself_cannot_forge_a_line(path: Path) -> None:
    code = HOLD + "\n#\x1b[2J\n#ok: machine is free"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        read_line(process)
        found = holder(path)
        process.kill()
        process.wait(5)
    assert found is not None
    assert found.what.isprintable()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_told_who_holds_it_in_a_sticky_folder() -> None:
    become_nobody = "import os, harness.safety.lock; os.setuid(65534)\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        path = Path(folder) / "squall.lock"
        with MachineLock.take(path):
            answer = subprocess.run(
                [sys.executable, "-c", become_nobody + HOLD, str(path)],
                capture_output=True,
                text=True,
                check=False,
                timeout=20,
            )
    assert answer.returncode != 0
    assert f"pid {os.getpid()} (uid 0) holds" in answer.stderr


def test_refuses_a_link_in_its_place(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="cannot be opened"):
        MachineLock.take(path)
    assert not (tmp_path / "elsewhere").exists()
