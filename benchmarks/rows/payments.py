"""payments: how many payments a second the whole chain carries here, and what each part costs.

Two drives a side: one whose rate rises until p99 is beyond 300 ms (capacity, generator included),
one at a steady rate well below it (CPU by process). The peer is the same chain with plain httpx.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import capacity
from benchmarks.driven_system import GENERATOR, SYSTEM, Drive, by_service, drive
from benchmarks.measuring import Case, Figures, Peer, Row
from harness.load.traffic import read_schedule
from harness.store import RunFolder

STEADY_PER_S: Final = 280.0
# As scenarios/steady_payments.py has it, which cannot be imported: Locust patches its process.
SCENARIO_PER_S: Final = 120.0
STEADY_S: Final = 14.0
FROM_S: Final = 3.0
UNTIL_S: Final = 13.0
OURS: Final = "reference_services.payments.app"
PLAIN: Final = "benchmarks.payments_over_httpx"
PARTS: Final = ("postgres", "payments", "ledger", "mesh", "gateway", "bank", GENERATOR)
CARRIED_GOAL_PER_S: Final = 850.0  # 567 when it was first measured, and half of it more
PEER_GOAL: Final = 3.0
# The plain chain breaks down below the rate at which ours begins to rise: its rise begins lower.
PLAIN_RISE: Final = 0.3


def row() -> Row:
    """The row."""
    return Row(
        name="payments",
        meaning="payments a second that two cores carry at p99 <= 300 ms, generator included; "
        "what is left of it when more is asked; CPU a payment by process",
        cases=(
            Case(name="carried", unit="payments/s", goal=CARRIED_GOAL_PER_S, must=">="),
            Case(
                name="carried, to plain httpx",
                unit="payments/s",
                goal=PEER_GOAL,
                must=">=",
                against="ratio",
            ),
            Case(name="kept beyond", unit="share of carried"),
            Case(name="cpu all", unit="ms/payment"),
            *(Case(name=f"cpu {part}", unit="ms/payment") for part in PARTS),
        ),
        ours=partial(_measure, SYSTEM),
        peers=(Peer(name="plain httpx", measure=_measure_plain),),
    )


def _measure(system: Path, rate_scale: float = 1.0) -> Figures:
    with tempfile.TemporaryDirectory() as root:
        rising = Drive(
            scenario=capacity.SCENARIO,
            load_s=capacity.LOAD_S,
            rate_scale=rate_scale,
            system=system,
        )
        found = capacity.measure(RunFolder(Path(root) / "rising"), rising)
        return {
            "carried": found.carried_per_s,
            "carried, to plain httpx": found.carried_per_s,
            "kept beyond": found.kept,
            **cpu_ms(system, RunFolder(Path(root) / "steady")),
        }


def _measure_plain() -> Figures:
    """The same system file, but another program in the place of payments."""
    with tempfile.TemporaryDirectory() as root:
        other = Path(root) / "system.yaml"
        other.write_text(SYSTEM.read_text().replace(OURS, PLAIN))
        return _measure(other, PLAIN_RISE)


def cpu_ms(system: Path, folder: RunFolder) -> Figures:
    """CPU ms a payment by service, at the steady rate."""
    order = Drive(
        scenario="steady_payments",
        load_s=STEADY_S,
        rate_scale=STEADY_PER_S / SCENARIO_PER_S,
        system=system,
        from_s=FROM_S,
        until_s=UNTIL_S,
    )
    used = drive(order, folder)
    begin_us, end_us = used[0].begin_s * 1e6, used[0].end_s * 1e6
    due = sum(begin_us <= at < end_us for at in read_schedule(folder.schedule))
    spent_s = by_service(used)
    parts = {f"cpu {part}": spent_s[part] / due * 1000 for part in PARTS}
    return {"cpu all": sum(spent_s.values()) / due * 1000, **parts}
