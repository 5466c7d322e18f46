"""One run a machine at a time: a file lock that names its holder and ends with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from harness.errors import RefusedError
from harness.safety.identity import is_alive, process_identity

_EVERYBODY: Final = 0o666  # another user must be able to take it when we have gone
_MAX_BYTES: Final = 4096


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the machine, what for, and since when (UTC, ISO 8601)."""

    pid: int
    started_ticks: int
    what: str
    since: str


class MachineLock:
    """Held from `take` to `release` or this process's death, whichever comes first."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path, what: str, since: str) -> MachineLock:
        """Take the machine, or raise RefusedError that names who has it. Never waits."""
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = _describe(_read(handle))
            os.close(handle)
            raise RefusedError(f"{path}: {text}; wait for it or stop it") from None
        pid = os.getpid()
        holder = Holder(pid=pid, started_ticks=process_identity(pid) or 0, what=what, since=since)
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(holder) + b"\n", 0)
        return cls(handle)

    def release(self) -> None:
        """Give the machine back; harmless when done twice."""
        if self._handle >= 0:
            os.ftruncate(self._handle, 0)
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
    """Who holds the machine now; None when nobody does (or the holder has not signed yet).

    The lock itself is not touched: to look must never make somebody else's `take` fail.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        who = _read(handle)
    finally:
        os.close(handle)
    return who if who is not None and is_alive(who.pid, who.started_ticks) else None


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        # Without O_CREAT first: the kernel (fs.protected_regular) refuses O_CREAT on another
        # user's file in a sticky folder such as /tmp, even to root.
        return os.open(path, flags)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise RefusedError(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, _EVERYBODY)
        os.fchmod(handle, _EVERYBODY)
    except FileExistsError:
        return os.open(path, flags)
    except OSError as error:
        raise RefusedError(f"{path}: cannot be created: {error.strerror}") from error
    return handle


def _read(handle: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(handle, _MAX_BYTES, 0), type=Holder)
    except msgspec.MsgspecError:
        return None


def _describe(who: Holder | None) -> str:
    if who is None:
        return "another run has just begun on this machine"
    return f"pid {who.pid} holds this machine for `{who.what}` since {who.since}"
