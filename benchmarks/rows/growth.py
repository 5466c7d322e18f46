"""growth: what ten times the records and four times the services cost the harness."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.driven_system import started
from benchmarks.judge_process import judged
from benchmarks.measuring import Case, Figures, Row
from benchmarks.synthetic_runs import synthetic_run
from harness.clock import SystemClock
from harness.host.usage import Watched, between, take_sample
from harness.safety.undo import UndoLog
from harness.store import RunFolder

FEW, MANY = 1_000_000, 10_000_000
SMALL, LARGE = 3, 12
PARTS: Final = ("supervisor", "gateway", "mesh")
SETTLED_S: Final = 1.0
WATCHED_S: Final = 8.0
_SERVICE: Final = """
  - name: s{0}
    command: ["{{python}}", -m, benchmarks.tiny_service]
    env: {{PORT: "{{port}}"}}"""


def row() -> Row:
    """The row."""
    return Row(
        name="growth",
        meaning="the judge at ten million records against one million: time a record, and peak "
        "memory; CPU of supervisor and both Envoys of 12 idle services against 3",
        cases=(
            Case(name="judge: time a record, 10 M to 1 M", unit="x", goal=1.1),
            Case(name="judge: time of each further record", unit="ns"),
            Case(name="judge: peak memory, 10 M to 1 M", unit="x", goal=1.2),
            Case(name="judge: memory of each further record", unit="B"),
            *(
                Case(name=f"{part}: {services} services", unit="ms/s")
                for part in PARTS
                for services in (SMALL, LARGE)
            ),
            Case(name="supervisor: 9 services more", unit="ms/s", goal=10.0),
        ),
        ours=_measure,
    )


def _measure() -> Figures:
    few = judged("report", synthetic_run(FEW, evidence=False))
    many = judged("report", synthetic_run(MANY, evidence=False))
    small, large = _cpu_ms_per_s(SMALL), _cpu_ms_per_s(LARGE)
    return {
        "judge: time a record, 10 M to 1 M": (many.took_s / MANY) / (few.took_s / FEW),
        "judge: time of each further record": (many.took_s - few.took_s) / (MANY - FEW) * 1e9,
        "judge: peak memory, 10 M to 1 M": many.peak_mb / few.peak_mb,
        "judge: memory of each further record": (many.peak_mb - few.peak_mb) * 2**20 / (MANY - FEW),
        **{f"{part}: {SMALL} services": small[part] for part in PARTS},
        **{f"{part}: {LARGE} services": large[part] for part in PARTS},
        "supervisor: 9 services more": large["supervisor"] - small["supervisor"],
    }


def _cpu_ms_per_s(services: int) -> dict[str, float]:
    """CPU of the harness's own processes while the system is up and idle."""
    with tempfile.TemporaryDirectory() as root:
        system = Path(root) / "system.yaml"
        system.write_text(_system(services), encoding="utf-8")
        with started(RunFolder(Path(root) / "run"), system) as (state, _):
            time.sleep(SETTLED_S)
            noted = [r for r in UndoLog(state.undo).pending() if r.kind == "process"]
            watched = tuple(Watched(name=r.resource, pid=r.pid) for r in noted)
            before = take_sample(watched, SystemClock())
            time.sleep(WATCHED_S)
            used = between(before, take_sample(watched, SystemClock()), 0)
        return {u.name: u.of_one_core * 1000 for u in used}


def _system(services: int) -> str:
    """A chain: each service may call the next one through the mesh."""
    names = range(1, services + 1)
    edges = ["{name: payer>s1, via: gateway}"]
    edges += [f"{{name: s{n}>s{n + 1}, via: mesh}}" for n in range(1, services)]
    parts = "".join(_SERVICE.format(n) for n in names)
    lines = "".join(f"\n  - {edge}" for edge in edges)
    return f"name: chain\nentry: payer>s1\nservices:{parts}\nedges:{lines}\n"
