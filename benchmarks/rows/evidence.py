"""evidence: all that the system says of itself after 100,000 payments, fetched and stored."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.driven_system import started
from benchmarks.filled_system import fill_bank, write_system
from benchmarks.measuring import Case, Figures, Row
from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.evidence.fetch import FetchPlace, fetch_all
from harness.evidence.tables import store_evidence
from harness.store import RunFolder
from harness.system import read_system
from harness.targets.local.target import LocalTarget
from harness.timeline import FileTimeline

PAYMENTS: Final = 100_000
_LEAST_ROWS: Final = {
    "ledger_entries": 4 * PAYMENTS,
    "ledger_accounts": 1,
    "bank_charges": PAYMENTS,
    "payments": PAYMENTS,
}


def row() -> Row:
    """The row."""
    return Row(
        name="evidence",
        meaning="seconds to fetch every ledger entry, account, charge and payment of 100,000 "
        "payments from the running system into the run's folder; then to make tables of it",
        cases=(
            Case(name="time", unit="s", goal=1.0),
            Case(name="stored", unit="s"),
            Case(name="size", unit="MB"),
            Case(name="size stored", unit="MB"),
        ),
        ours=_measure,
    )


def _measure() -> Figures:
    with tempfile.TemporaryDirectory() as root:
        folder, path = RunFolder(Path(root) / "run"), Path(root) / "system.yaml"
        write_system(path, PAYMENTS)
        with started(folder, path) as (state, _):
            fill_bank(state, folder, PAYMENTS)
            system, target = read_system(path), LocalTarget(state.target_socket)
            timeline = FileTimeline(folder.timeline, SystemClock())
            began = time.perf_counter()
            place = FetchPlace(folder=folder.evidence_folder, system_folder=folder.root, environ={})
            missing = fetch_all(system, target, place, timeline)
            took_s = time.perf_counter() - began
            timeline.close()
        if missing:
            raise HarnessError("; ".join(missing))
        size = sum(_checked(folder.fetched(source)) for source in _LEAST_ROWS)
        began = time.perf_counter()
        left = store_evidence(folder, system.tables)
        stored_s = time.perf_counter() - began
        if left:
            raise HarnessError(f"could not be stored: {', '.join(left)}")
        kept = sum(folder.evidence(source).stat().st_size for source in _LEAST_ROWS)
        return {
            "time": took_s,
            "stored": stored_s,
            "size": size / 1e6,
            "size stored": kept / 1e6,
        }


def _checked(came: Path | None) -> int:
    """Its bytes."""
    raw = came.read_bytes() if came else b""
    least = _LEAST_ROWS[came.stem] if came else 1
    if raw.count(b"\n") < least:
        raise HarnessError(f"{came}: less than {least} rows came")
    return len(raw)
