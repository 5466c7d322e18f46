"""Who a process is: its pid and its start time, so that a pid used again is never signalled.

A process that has ended but was not yet reaped (a zombie) counts as ended.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")


class Process(NamedTuple):
    """The needed fields of /proc/<pid>/stat. `started_ticks` is its field 22."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    started_ticks: int


def read_process(pid: int) -> Process | None:
    """The process with that pid, or None when there is none (any more)."""
    try:
        text = (_PROC / str(pid) / "stat").read_bytes().decode(errors="replace")
    except OSError:
        return None
    # The command (field 2) may hold spaces and brackets: what follows its last bracket is plain.
    fields = text.rpartition(")")[2].split()
    state, parent, group, session = fields[0], *map(int, fields[1:4])
    if state in "ZXx":
        return None
    return Process(pid, state, parent, group, session, int(fields[19]))


def process_identity(pid: int) -> int | None:
    """`started_ticks` of a living process, or None when it has ended."""
    found = read_process(pid)
    return found.started_ticks if found else None


def is_alive(pid: int, started_ticks: int) -> bool:
    """Whether that very process still lives."""
    return process_identity(pid) == started_ticks


def process_state(pid: int, started_ticks: int) -> str:
    """The kernel's letter for what that very process does (T: stopped), or "" when it has ended."""
    found = read_process(pid)
    return found.state if found and found.started_ticks == started_ticks else ""


def signal_process(pid: int, started_ticks: int, sig: signal.Signals) -> bool:
    """Signal that very process and, where it leads a process group, its whole group.

    False when the process has ended or the pid means another one by now: nothing was signalled.
    """
    found = read_process(pid)
    if found is None or found.started_ticks != started_ticks:
        return False
    if found.group == pid:
        return _try(os.killpg, pid, sig)
    return _signal_one(found, sig)


def family(*roots: tuple[int, int]) -> tuple[Process, ...]:
    """The processes (pid, started_ticks), all processes of their sessions, and all descendants.

    A parent's session alone is not enough: each PostgreSQL backend opens a session of its own.
    The processes of a session are found even if its leader has ended.
    """
    everyone = {p.pid: p for p in all_processes()}
    since = dict(root for root in roots if _may_be(everyone.get(root[0]), root[1]))
    found = {
        p.pid: p
        for p in everyone.values()
        if any(
            p.started_ticks >= since[root] for root in {p.pid, p.session, p.group} & since.keys()
        )
    }
    while more := [p for p in everyone.values() if p.parent in found and p.pid not in found]:
        found.update((p.pid, p) for p in more)
    return tuple(found.values())


def signal_family(pid: int, started_ticks: int, sig: signal.Signals) -> int:
    """Signal that process's family; how many were signalled. The caller itself is spared."""
    return signal_each(family((pid, started_ticks)), sig)


def signal_each(processes: Iterable[Process], sig: signal.Signals) -> int:
    """Signal those very processes; how many were signalled. The caller itself is spared."""
    mine = os.getpid()
    return sum(_signal_one(process, sig) for process in processes if process.pid != mine)


def _may_be(leader: Process | None, started_ticks: int) -> bool:
    """A pid that belongs to another process by now is left out."""
    return leader is None or leader.started_ticks == started_ticks


def all_processes() -> Iterator[Process]:
    """Every living process that can be seen."""
    for entry in os.listdir(_PROC):  # noqa: PTH208  # three times as fast as Path.iterdir here
        if entry.isdigit() and (found := read_process(int(entry))) is not None:
            yield found


def _signal_one(process: Process, sig: signal.Signals) -> bool:
    """Signal through a pidfd, which always refers to the same process."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        if process_identity(process.pid) != process.started_ticks:
            return False
        return _try(signal.pidfd_send_signal, handle, sig)
    finally:
        os.close(handle)


def _try(send: Callable[[int, int], object], whom: int, sig: signal.Signals) -> bool:
    try:
        send(whom, sig)
    except (ProcessLookupError, PermissionError):
        return False
    return True
