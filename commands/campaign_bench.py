"""What a campaign needs of this process: its runs, the judge, the clock and a place for notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands.options import ROOT, clock, state, streams, watcher

if TYPE_CHECKING:  # a command imports only what it needs
    from collections.abc import Callable

    from harness.campaigns.conduct import Bench
    from harness.campaigns.plan import Plan
    from harness.campaigns.records import Outcome
    from harness.run.run_state import Tools


def bench_of(plan: Plan, judge: Callable[[Path], Outcome]) -> Bench:
    """Real runs of this checkout; notes go to stderr."""
    from harness.campaigns.conduct import Bench
    from harness.campaigns.real_runs import RealRuns
    from reports.measures.metric_table import metric_units

    return Bench(
        runs=RealRuns(root=ROOT, plan=plan, metrics=metric_units(), tools=_tools),
        judge=judge,
        clock=clock(),
        note=lambda text: streams().talk(f"squall: {text}"),
    )


def _tools() -> Tools:
    from harness.run.run_state import Tools

    return Tools(clock=clock(), state=state(), watcher=watcher())
