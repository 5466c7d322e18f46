"""Who listens at a port of this machine: the process behind an instance that we did not start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from harness.safety.identity import all_processes
from harness.targets.local.process_name import identity_of

_LISTEN: Final = "0A"
_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def listener_of(port: int) -> str:
    """The identity of the first process that listens there; "" where none can be seen."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return ""
    for process in sorted(all_processes(), key=lambda one: one.started_ticks):
        if _holds(process.pid, sockets):
            return identity_of(process.pid, process.started_ticks)
    return ""


def _inodes(port: int) -> set[str]:
    found = set[str]()
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            local, state, inode = fields[1], fields[3], fields[9]
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                found.add(inode)
    return found


def _holds(pid: int, sockets: set[str]) -> bool:
    """Other users' processes cannot be looked into."""
    folder = Path(f"/proc/{pid}/fd")
    try:
        return any(os.readlink(entry) in sockets for entry in folder.iterdir())  # noqa: PTH115  # no Path is needed of it
    except OSError:
        return False
