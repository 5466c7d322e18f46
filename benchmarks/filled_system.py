"""A local system as after many payments, without the hours to make them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from benchmarks.driven_system import SYSTEM
from benchmarks.synthetic_books import charge_line
from harness.errors import TargetError
from harness.safety.state import State
from harness.store import RunFolder
from harness.targets.local.target import LocalTarget
from harness.targets.records import InstanceStatus

BANK: Final = "bank"
_LEASE_S: Final = 60.0
_POLL_S: Final = 0.05
_FILLER: Final = """
  - name: filler
    command: ["{{python}}", -m, benchmarks.filling_service]
    start_timeout_s: 60
    env:
      PORT: "{{port}}"
      PAYMENTS: "{0}"
      LEDGER_DATABASE: "postgresql://app@{{edge:filler>postgres}}/ledger"
      PAYMENTS_DATABASE: "postgresql://app@{{edge:filler>postgres}}/payments"
"""
_EDGE: Final = "\nedges:\n  - {name: filler>postgres, via: tcp}\n"


def write_system(path: Path, payments: int) -> None:
    """The reference system and a filler: ready when ledger and payments have their rows."""
    services, edges = SYSTEM.read_text(encoding="utf-8").split("\nedges:\n")
    path.write_text(services + _FILLER.format(payments) + _EDGE + edges, encoding="utf-8")


def fill_bank(state: State, folder: RunFolder, payments: int) -> None:
    """The bank reads its charges when it starts: stop it, write them, start it."""
    target = LocalTarget(state.target_socket)
    target.kill(BANK, _LEASE_S)
    with (folder.root / "data" / BANK / "charges.ndjson").open("a", encoding="ascii") as out:
        out.writelines(charge_line("bench", intent) for intent in range(payments))
    target.revive(BANK)
    deadline = time.monotonic() + _LEASE_S
    while not _is_ready(target.instances(), BANK):
        if time.monotonic() > deadline:
            raise TargetError(f"{BANK}: not ready after {_LEASE_S:g} s")
        time.sleep(_POLL_S)


def _is_ready(instances: tuple[InstanceStatus, ...], name: str) -> bool:
    return any(i.name == name and i.state == "ready" for i in instances)
