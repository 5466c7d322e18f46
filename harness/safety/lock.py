"""One run a machine at a time: a file lock that ends with its process.

The file is empty and its text is never read: anybody may own a file in a shared folder. Who holds
the lock is asked of the kernel (/proc/locks), what that process does is its command line.
"""

from __future__ import annotations

import fcntl
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from harness.errors import RefusedError
from harness.safety.identity import read_process

_READABLE: Final = 0o644  # to lock a file, another user need not be able to write to it
_SAFELY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TRIES: Final = 20
_TEXT_MAX: Final = 160
_LOCKS: Final = Path("/proc/locks")
_LOCKS_BYTES_MAX: Final = 4_194_304
_LOCK_FIELDS: Final = 8
_SUPERVISOR: Final = b"\0harness.targets.local\0"


class Holder(NamedTuple):
    """Who holds the machine, by the kernel's word. `pid` is 0 where that cannot be seen."""

    pid: int
    started_ticks: int
    uid: int
    what: str
    since: str

    def __str__(self) -> str:
        """In words, for a message."""
        if not self.pid:
            return "a process that cannot be seen from here (another container?) holds this machine"
        who = f"pid {self.pid} (uid {self.uid}) holds this machine since {self.since}"
        return f"{who}: {self.what or 'its command line cannot be read'}"


class MachineLock:
    """Held from `take` to `release` or this process's death, whichever comes first."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path) -> MachineLock:
        """Take the machine, or raise RefusedError that names who has it. Never waits."""
        for _ in range(_TRIES):
            handle = _open(path)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                who = _holder_of(os.fstat(handle))
                os.close(handle)
                raise RefusedError(f"{path}: {who}; wait for it or stop it") from None
            if _is_still(path, handle):
                return cls(handle)
            os.close(handle)  # it was removed in between: a lock on it excludes no other process
        raise RefusedError(f"{path}: it is removed again and again; end what removes it")

    def release(self) -> None:
        """Give the machine back; harmless when done twice."""
        if self._handle >= 0:
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def holder(path: Path) -> Holder | None:
    """Who holds the machine now; None when the lock is free.

    The lock itself is not touched: to look must never make somebody else's `take` fail.
    """
    try:
        handle = os.open(path, _SAFELY)
    except OSError:
        return None
    try:
        found = os.fstat(handle)
        if _LOCKS.exists():
            return _holder_of(found) if _lock_lines(found) else None
        return _holder_of(found) if _is_taken(handle) else None
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        # Without O_CREAT first: the kernel (fs.protected_regular) refuses O_CREAT on another
        # user's file in a sticky folder such as /tmp, even to root.
        handle = os.open(path, _SAFELY)
    except FileNotFoundError:
        handle = _create(path)
    except OSError as error:
        raise _cannot(path, f"cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _cannot(path, "is not a regular file")
    return handle


def _create(path: Path) -> int:
    try:
        handle = os.open(path, _SAFELY | os.O_CREAT | os.O_EXCL, _READABLE)
        os.fchmod(handle, _READABLE)
    except FileExistsError:
        return os.open(path, _SAFELY)
    except OSError as error:
        raise _cannot(path, f"cannot be created: {error.strerror}") from error
    return handle


def _cannot(path: Path, why: str) -> RefusedError:
    return RefusedError(f"{path}: {why}; remove it, or set TMPDIR to another folder")


def _is_still(path: Path, handle: int) -> bool:
    ours = os.fstat(handle)
    try:
        named = path.lstat()
    except OSError:
        return False
    return (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)


def _holder_of(found: os.stat_result) -> Holder:
    for pid in _lock_lines(found):
        process = read_process(pid) if pid > 0 else None
        if process is not None:
            uid, since = _owner_and_start(pid)
            return Holder(pid, process.started_ticks, uid, _command_line(pid), since)
    return Holder(0, 0, -1, "", "")


def _lock_lines(found: os.stat_result) -> list[int]:
    """The pids that hold a lock on that file: `1: FLOCK  ADVISORY  WRITE 7 fe:00:33 0 EOF`."""
    try:
        with _LOCKS.open("rb", buffering=0) as stream:
            text = stream.read(_LOCKS_BYTES_MAX).decode(errors="replace")
    except OSError:
        return []
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    lines = [line.split() for line in text.splitlines()]
    held = [f for f in lines if len(f) == _LOCK_FIELDS and f[1] == "FLOCK"]
    exact = [int(f[4]) for f in held if f[5] == device]
    # Some file systems tell another device number there than to stat.
    return exact or [int(f[4]) for f in held if f[5].endswith(f":{found.st_ino}")]


def _is_taken(handle: int) -> bool:
    """Where the kernel does not list locks: try for an instant, the only way that is left."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


def _owner_and_start(pid: int) -> tuple[int, str]:
    try:
        found = Path(f"/proc/{pid}").stat()
    except OSError:
        return -1, "an unknown time"
    since = datetime.fromtimestamp(found.st_ctime, UTC)
    return found.st_uid, since.isoformat(timespec="seconds")


def _command_line(pid: int) -> str:
    """Its command line, printable characters only: it is another program's text."""
    try:
        with Path(f"/proc/{pid}/cmdline").open("rb", buffering=0) as stream:
            raw = stream.read(4 * _TEXT_MAX)
    except OSError:
        return ""
    shown = "`squall services up`: " if _SUPERVISOR in raw else ""
    text = shown + raw.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    return "".join(c if c.isprintable() else "?" for c in text)[:_TEXT_MAX]
