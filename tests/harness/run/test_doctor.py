"""The doctor finds what would stop a run before it starts."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.errors import RefusedError
from harness.host.finding import Finding
from harness.run.doctor import MachinePlace, examine
from harness.run.opening import preflight
from harness.run.order import refuse_unready
from harness.system import read_system
from tests.support.documents_files import system_file

LOOK = """
from harness.clock import SystemClock
from harness.run.doctor import other_load
print(other_load(SystemClock()).seen)
"""


def place(tmp_path: Path) -> MachinePlace:
    return MachinePlace(runs_dir=tmp_path / "runs", state_dir=tmp_path / "state")


def needed(tmp_path: Path, *swap: str, state_root: Path = Path("/tmp/squall-0")) -> list[Finding]:
    system = read_system(system_file(tmp_path, *swap))
    return list(preflight("local", system, state_root))


def test_a_port_in_use_is_found_with_its_fix(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        found = needed(tmp_path, "port: 18080", f"port: {port}")
    (finding,) = [f for f in found if f.name == f"port {port}"]
    assert not finding.ok
    assert "payer>payments" in finding.fix
    with pytest.raises(RefusedError, match=f"port {port}"):
        refuse_unready(found)


def test_every_finding_says_what_was_seen_and_how_to_fix_it(tmp_path: Path) -> None:
    for finding in examine(place(tmp_path), needed=needed(tmp_path)):
        assert finding.seen
        assert finding.ok or finding.fix


def test_checks_of_other_parts_are_asked_too(tmp_path: Path) -> None:
    asked = Finding(name="lock", ok=False, seen="held by 7", fix="wait")
    assert asked in examine(place(tmp_path), (lambda: asked,))


def finding(tmp_path: Path, name: str, **change: Path) -> Finding:
    where = msgspec.structs.replace(place(tmp_path), **change)
    (found,) = [f for f in examine(where) if f.name == name]
    return found


def local_finding(tmp_path: Path, name: str, state_root: Path) -> Finding:
    (found,) = [f for f in needed(tmp_path, state_root=state_root) if f.name == name]
    return found


def test_a_system_without_a_database_needs_none(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(
        "name: one\nentry: payer>one\nservices: [{name: one, command: [x]}]\n"
        "edges: [{name: payer>one, via: gateway}]\n"
    )
    names = {f.name for f in preflight("local", read_system(path), tmp_path)}
    assert "envoy" in names
    assert not names & {"PostgreSQL", "database user", "passwd entry"}


def test_cores_are_those_that_this_process_may_use(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        seen = finding(tmp_path, "cores")
    finally:
        os.sched_setaffinity(0, allowed)
    assert not seen.ok
    assert seen.seen.startswith("1")


def test_too_few_file_descriptors_are_found(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, hard))
        seen = finding(tmp_path, "file descriptors")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (seen.ok, seen.seen) == (False, "600")
    assert "ulimit" in seen.fix


def test_a_state_folder_with_a_path_too_long_for_a_socket_is_found(tmp_path: Path) -> None:
    assert not local_finding(tmp_path, "socket path", Path("/tmp") / ("x" * 90)).ok
    assert local_finding(tmp_path, "socket path", Path("/tmp/squall-0")).ok


@pytest.mark.parametrize("name", ["a'b", "a,b", 'a"b', "a\\b", "a\nb"])
def test_a_state_path_that_postgresql_cannot_use_is_found(name: str, tmp_path: Path) -> None:
    assert not local_finding(tmp_path, "state path", Path("/tmp") / name).ok


def test_a_user_without_a_passwd_entry_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_entry(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("harness.targets.local.preflight.pwd.getpwuid", no_entry)
    assert not local_finding(tmp_path, "passwd entry", Path("/tmp/squall-0")).ok


def test_the_load_of_others_is_measured_and_named() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        mine = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, check=True)
        child.kill()
    share, who = mine.stdout.decode().split(maxsplit=1)
    assert int(share.rstrip("%")) > 20
    assert "python" in who
