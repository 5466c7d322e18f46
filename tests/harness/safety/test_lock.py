"""One run a machine: the lock names its holder and ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.errors import RefusedError
from harness.safety.lock import MachineLock, holder
from tests.support.safety_victims import read_line

HOLD = (
    "import sys, time; from pathlib import Path; from harness.safety.lock import MachineLock\n"
    "lock = MachineLock.take(Path(sys.argv[1]), 'run bank-slow', '2026-01-02T03:04:05Z')\n"
    "print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "squall.lock"


def test_names_the_holder_to_the_second_comer(path: Path) -> None:
    with (
        MachineLock.take(path, "run bank-slow", "2026-01-02T03:04:05Z"),
        pytest.raises(RefusedError) as refused,
    ):
        MachineLock.take(path, "run other", "2026-01-02T03:04:06Z")
    text = str(refused.value)
    assert f"pid {os.getpid()}" in text
    assert "run bank-slow" in text
    assert "2026-01-02T03:04:05Z" in text


def test_can_be_taken_again_after_release(path: Path) -> None:
    lock = MachineLock.take(path, "run a", "t")
    lock.release()
    lock.release()
    assert holder(path) is None
    with MachineLock.take(path, "run b", "t"):
        found = holder(path)
        assert found is not None
        assert (found.pid, found.what) == (os.getpid(), "run b")


def test_to_look_does_not_disturb_a_taker(path: Path) -> None:
    with MachineLock.take(path, "run a", "t"):
        assert holder(path) == holder(path)
    assert holder(path) is None


def test_ends_when_its_holder_is_killed(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        read_line(process)
        with pytest.raises(RefusedError, match=f"pid {process.pid}"):
            MachineLock.take(path, "run b", "t")
        process.kill()
        process.wait(5)
    assert holder(path) is None
    with MachineLock.take(path, "run b", "t"):
        pass


def test_is_not_held_by_a_child_that_outlives_the_holder(path: Path) -> None:
    lock = MachineLock.take(path, "run a", "t")
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        lock.release()
        MachineLock.take(path, "run b", "t").release()
    finally:
        child.kill()
        child.wait(5)


def test_anybody_may_take_it_later(path: Path) -> None:
    before = os.umask(0o077)
    try:
        MachineLock.take(path, "run a", "t").release()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_told_who_holds_it_in_a_sticky_folder() -> None:
    become_nobody = "import os, harness.safety.lock; os.setuid(65534)\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        path = Path(folder) / "squall.lock"
        with MachineLock.take(path, "run a", "t"):
            answer = subprocess.run(
                [sys.executable, "-c", become_nobody + HOLD, str(path)],
                capture_output=True,
                text=True,
                check=False,
                timeout=20,
            )
    assert answer.returncode != 0
    assert f"pid {os.getpid()} holds" in answer.stderr


def test_refuses_a_link_in_its_place(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="cannot be opened"):
        MachineLock.take(path, "run a", "t")
    assert not (tmp_path / "elsewhere").exists()
