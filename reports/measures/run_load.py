"""What was busy in a stretch of a run: the machine, each process, and waits in the services."""

from __future__ import annotations

from collections import Counter

from harness.campaigns.records import Load
from harness.host.usage import CpuOverTime
from harness.store import RunFolder, read_json
from reports.inputs.schedule import place
from reports.inputs.stored import StoredRun
from reports.measures.guards import GUARD

# Guards that absorb because something is short; others absorb what a fault has caused.
SHORT = ("pool", "bulkhead", "admission")


def load_between(folder: RunFolder, stored: StoredRun, begin_s: float, end_s: float) -> Load:
    """The means between these times. Raises StoredRunError."""
    slices = [s for s in stored.machine.slices if s.end_s > begin_s and s.begin_s < end_s]
    long_s = sum(s.end_s - s.begin_s for s in slices)
    busy = sum(s.busy * (s.end_s - s.begin_s) for s in slices)
    return Load(
        machine=round(busy / long_s, 4) if long_s else None,
        cores=stored.machine.cores,
        processes=_processes(folder, begin_s, end_s),
        waits=_waits(stored, begin_s, end_s),
    )


def _processes(folder: RunFolder, begin_s: float, end_s: float) -> dict[str, float]:
    """Shares of one core; empty for a run that did not store them."""
    if not folder.cpu.is_file():
        return {}
    shares = read_json(folder.cpu, CpuOverTime).shares(begin_s, end_s)
    return {name: round(share, 4) for name, share in shares.items()}


def _waits(stored: StoredRun, begin_s: float, end_s: float) -> dict[str, float]:
    """How often something was short, for each intent that was due."""
    due = place(stored.due, end_s) - place(stored.due, begin_s)
    counted: Counter[str] = Counter()
    for event in stored.events:
        at_s = (event.mono_ns - stored.manifest.t0_mono_ns) / 1e9
        count = event.data.get("absorbed")
        if event.kind == GUARD and event.name in SHORT and isinstance(count, int):
            counted[event.name] += count if begin_s <= at_s <= end_s + 1 else 0
    return {name: round(count / due, 4) for name, count in counted.items() if due and count}
