"""The bank's file: what was said once is said again, also after a death."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_services.bank.domain import ChargeRequest
from reference_services.bank.store import ChargeFile

pytestmark = pytest.mark.anyio


def asked(key: str, amount_minor: int = 100) -> ChargeRequest:
    return ChargeRequest(key=key, reference=f"ref-{key}", amount_minor=amount_minor, currency="EUR")


async def opened(path: Path) -> ChargeFile:
    charges = ChargeFile(path)
    await charges.start()
    return charges


async def test_declines_by_its_rule_and_charges_everything_else(tmp_path: Path) -> None:
    charges = await opened(tmp_path / "charges")
    amounts = (999, 1999, 998, 1000)
    found = [charges.charge(asked(f"k{a}", a)).status for a in amounts]
    assert found == ["declined", "declined", "charged", "charged"]
    await charges.stop()


async def test_a_new_process_knows_every_charge_that_was_answered(tmp_path: Path) -> None:
    first = await opened(tmp_path / "charges")  # never stopped: it was killed
    made = [first.charge(asked(f"k{n}")) for n in range(3)]
    second = await opened(tmp_path / "charges")
    assert [second.find(f"k{n}") for n in range(3)] == made
    assert second.lines() == first.lines()
    await first.stop()
    await second.stop()


async def test_a_line_cut_by_a_kill_is_dropped_and_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "charges"
    first = await opened(path)
    whole = first.charge(asked("whole"))
    first.charge(asked("torn"))
    await first.stop()
    path.write_bytes(path.read_bytes()[:-10])
    second = await opened(path)
    assert second.find("torn") is None
    second.charge(asked("next"))
    await second.stop()
    third = await opened(path)
    assert third.find("whole") == whole
    assert third.find("next") is not None
    await third.stop()
