"""The mark in the environment of every process of one run, and the processes that bear it.

A mark is `<state folder's digest>.<random>`: it is written into the undo log before the first
process is forked, so that each process can be found at any instant, noted or not. A PostgreSQL
backend overwrites its environment; it is known by its current folder, the data of the run.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.safety.identity import Process, all_processes, read_process

MARK_VARIABLE: Final = "SQUALL_MARK"
_ENVIRONMENT_BYTES_MAX: Final = 4_194_304
_DIGEST_CHARACTERS: Final = 16
_ANCESTORS_MAX: Final = 64
_EXEC_LOOKS: Final = 4
_EXEC_LOOK_S: Final = 0.0005
_CONNECT_S: Final = 1.0
_CREDENTIALS: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid


def new_mark(state_root: Path) -> str:
    """A mark that no other run has."""
    return f"{state_prefix(state_root)}{secrets.token_hex(8)}"


def state_prefix(state_root: Path) -> str:
    """What all marks of one state folder begin with."""
    digest = hashlib.sha256(os.fsencode(state_root.resolve())).hexdigest()
    return f"{digest[:_DIGEST_CHARACTERS]}."


@contextmanager
def bearing(mark: str) -> Iterator[None]:
    """Within this block every child that inherits this process's environment bears the mark."""
    before = os.environ.get(MARK_VARIABLE)
    os.environ[MARK_VARIABLE] = mark
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(MARK_VARIABLE, None)
        else:
            os.environ[MARK_VARIABLE] = before


def mark_of(pid: int) -> str:
    """The mark that a process of this user was started with; "" if it has none."""
    place = Path(f"/proc/{pid}")
    try:
        if place.stat().st_uid != os.geteuid():
            return ""
        raw = _environment(place)
    except OSError:  # it has ended, or it is not ours to look into
        return ""
    _, found, rest = (b"\0" + raw).partition(f"\0{MARK_VARIABLE}=".encode())
    return rest.partition(b"\0")[0].decode(errors="replace") if found else ""


def _environment(place: Path) -> bytes:
    """Its environment; in the middle of an exec the kernel shows none for some microseconds."""
    for _ in range(_EXEC_LOOKS):
        with (place / "environ").open("rb", buffering=0) as stream:
            if raw := stream.read(_ENVIRONMENT_BYTES_MAX):
                return raw
        (place / "exe").readlink()  # fails for a thread of the kernel: which never has one
        time.sleep(_EXEC_LOOK_S)
    return b""


def bearers(prefix: str, data: Path | None = None) -> tuple[Process, ...]:
    """The living processes of this user whose mark begins so, or that work below `data`.

    The calling process and those it descends from are never among them.
    """
    spared = own_line()
    return tuple(
        process
        for process in all_processes()
        if process.pid not in spared
        and ((prefix and mark_of(process.pid).startswith(prefix)) or _works_below(process, data))
    )


def socket_server(path: Path) -> Process | None:
    """The process of this user that serves a unix socket, by the kernel's word."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_CONNECT_S)
        try:
            line.connect(str(path))
            raw = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return None
    pid, uid, _ = _CREDENTIALS.unpack(raw)
    return read_process(pid) if uid == os.geteuid() and pid not in own_line() else None


def _works_below(process: Process, data: Path | None) -> bool:
    if data is None:
        return False
    try:
        place = Path(f"/proc/{process.pid}")
        mine = place.stat().st_uid == os.geteuid()
        return mine and (place / "cwd").readlink().is_relative_to(data)
    except OSError:
        return False


def own_line() -> frozenset[int]:
    """This process and its ancestors."""
    line, pid = set[int](), os.getpid()
    while pid > 0 and len(line) < _ANCESTORS_MAX:
        line.add(pid)
        found = read_process(pid)
        pid = found.parent if found else 0
    return frozenset(line)
