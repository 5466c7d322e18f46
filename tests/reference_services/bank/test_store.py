"""The bank's charges on disk: an answer given once is given again, also after a kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reference_services.bank.domain import ChargeRequest
from reference_services.bank.store import ChargeStore, FullError

pytestmark = pytest.mark.anyio


ROOT = Path(__file__).parents[3]
CHARGE = """
import asyncio, os
from pathlib import Path
from reference_services.bank.domain import ChargeRequest
from reference_services.bank.store import {store}

charges = {store}(Path("{{path}}"))
asyncio.run(charges.start())

def charge(number):
    charges.charge(ChargeRequest(key=f"k{{{{number}}}}", reference=f"r{{{{number}}}}",
                                 amount_minor=100, currency="EUR"))

for number in range({{count}}):
    charge(number)
""".format(store="ChargeStore")
MEASURE = """
def resident_kib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

before = resident_kib()
for number in range(10_000, 50_000):
    charge(number)
print(resident_kib() - before)
"""


def ran(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def asked(key: str, amount_minor: int = 100) -> ChargeRequest:
    return ChargeRequest(key=key, reference=f"ref-{key}", amount_minor=amount_minor, currency="EUR")


async def opened(path: Path) -> ChargeStore:
    charges = ChargeStore(path)
    await charges.start()
    return charges


async def test_declines_by_its_rule_and_charges_everything_else(tmp_path: Path) -> None:
    charges = await opened(tmp_path / "charges")
    amounts = (999, 1999, 998, 1000)
    found = [charges.charge(asked(f"k{a}", a)).status for a in amounts]
    assert found == ["declined", "declined", "charged", "charged"]
    await charges.stop()


async def lines(charges: ChargeStore) -> list[bytes]:
    chunks: list[bytes] = []

    async def take(chunk: bytes) -> None:
        chunks.append(chunk)

    await charges.lines(take)
    return b"".join(chunks).splitlines()


async def test_a_new_process_knows_every_charge_that_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "charges"
    assert ran(f"{CHARGE.format(path=path, count=3)}\nos.kill(os.getpid(), 9)").returncode == -9
    second = await opened(path)
    found = [second.find(f"k{n}") for n in range(4)]
    assert [charge and charge.key for charge in found] == ["k0", "k1", "k2", None]
    assert len(await lines(second)) == 3
    await second.stop()


async def test_a_charge_cut_by_a_kill_is_dropped_and_can_be_made_again(tmp_path: Path) -> None:
    path = tmp_path / "charges"
    ran(f"{CHARGE.format(path=path, count=2)}\nos.kill(os.getpid(), 9)")
    log = tmp_path / "charges-wal"
    log.write_bytes(log.read_bytes()[:-10])
    second = await opened(path)
    assert second.find("k0") is not None
    assert second.find("k1") is None
    made = second.charge(asked("k1"))
    await second.stop()
    third = await opened(path)
    assert third.find("k1") == made
    await third.stop()


async def test_the_evidence_is_the_charges_that_exist_when_it_begins(tmp_path: Path) -> None:
    charges = await opened(tmp_path / "charges")
    for number in range(1200):
        charges.charge(asked(f"k{number}"))
    before, rows = charges.version(), 0

    async def take(chunk: bytes) -> None:
        nonlocal rows
        rows += len(chunk.splitlines())
        charges.charge(asked(f"later-{rows}"))

    await charges.lines(take)
    assert rows == 1200
    assert charges.version() != before
    await charges.stop()


async def test_a_charge_that_the_disk_refuses_has_not_happened(tmp_path: Path) -> None:
    charges = await opened(tmp_path / "charges")
    charges.charge(asked("k0"))
    await charges.stop()
    with pytest.raises(FullError):
        charges.charge(asked("k1"))
    again = await opened(tmp_path / "charges")
    assert again.find("k1") is None
    await again.stop()


def test_memory_does_not_grow_with_the_number_of_charges(tmp_path: Path) -> None:
    """40,000 charges held in memory took 12 MB."""
    measured = CHARGE.format(path=tmp_path / "charges", count=10_000) + MEASURE
    grown_kib = int(ran(measured).stdout)
    assert grown_kib < 4096
