"""The doctor finds what would stop a run before it starts."""

from __future__ import annotations

import socket
from pathlib import Path

from harness.doctor import Finding, Place, examine
from harness.system import read_system
from tests.support.documents_files import system_file


def place(tmp_path: Path, *swap: str) -> Place:
    system = read_system(system_file(tmp_path, *swap))
    return Place(runs_dir=tmp_path / "runs", state_dir=tmp_path / "state", system=system)


def test_a_port_in_use_is_found_with_its_mend(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        found = examine(place(tmp_path, "port: 18080", f"port: {port}"))
    (finding,) = [f for f in found if f.name == f"port {port}"]
    assert not finding.ok
    assert "payer>payments" in finding.mend


def test_every_finding_says_what_was_seen_and_how_to_mend_it(tmp_path: Path) -> None:
    for finding in examine(place(tmp_path)):
        assert finding.seen
        assert finding.ok or finding.mend


def test_checks_of_other_parts_are_asked_too(tmp_path: Path) -> None:
    asked = Finding(name="lock", ok=False, seen="held by 7", mend="wait")
    assert asked in examine(place(tmp_path), (lambda: asked,))
