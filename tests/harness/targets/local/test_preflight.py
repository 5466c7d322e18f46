"""`squall doctor` names the programs that a local system needs and this machine does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.system import Edge, Service, System
from harness.targets.local.preflight import preflight


def system_with(command: tuple[str, ...]) -> System:
    service = Service(name="shop", command=command)
    edge = Edge(name="user>shop", via="tcp")
    return System(name="shop", entry="user>shop", services=(service,), edges=(edge,))


def programs(command: tuple[str, ...], state: Path) -> dict[str, bool]:
    found = preflight(system_with(command), state)
    return {f.name: f.ok for f in found if f.name.startswith("program")}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("sh", "start"), {"program sh": True}),
        (("no-such-program", "start"), {"program no-such-program": False}),
        (("./start",), {}),
        (("{python}", "server.py"), {}),
    ],
)
def test_a_program_that_is_not_in_the_path_is_named(
    tmp_path: Path, command: tuple[str, ...], expected: dict[str, bool]
) -> None:
    assert programs(command, tmp_path) == expected


def test_the_fix_names_the_program_and_the_service(tmp_path: Path) -> None:
    (finding,) = [f for f in preflight(system_with(("no-such",)), tmp_path) if not f.ok]
    assert finding.fix == "install no-such, or correct `command` of service shop"
