"""A campaign in a folder, whose runs are folders with one file each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.campaigns.conduct import Bench
from harness.campaigns.folder import CampaignFolder, new_folder
from harness.campaigns.plan import PLAN_SCHEMA, Plan, PlannedExperiment
from harness.campaigns.records import CANDIDATE, Arm, Outcome, Request
from harness.campaigns.suite import Repeats, Suite
from harness.clock import Clock
from harness.seal import SEAL
from tests.support.manual_clock import ManualClock


class StubRuns:
    """Makes folders with a seal and the word of an outcome; `before` may raise."""

    def __init__(self, word: str = "good", before: Callable[[Request], None] | None = None) -> None:
        self.word, self.before = word, before
        self.made: list[Request] = []

    def make(self, request: Request, place: Path) -> None:
        """As a run would be stored."""
        run = place / request.experiment / "20260101T000000Z"
        run.mkdir(parents=True)
        if self.before is not None:
            self.before(request)
        self.made.append(request)
        (run / SEAL).write_text(self.word)


def stub_plan(*, least: int = 3, most: int = 8, budget_s: float = 3600) -> Plan:
    suite = Suite(
        name="stub",
        budget_s=budget_s,
        repeats=Repeats(least=least, most=most),
        experiments=("kill",),
    )
    return Plan(
        schema=PLAN_SCHEMA,
        kind="gate",
        squall_version="0.1.0",
        started_at="2026-01-01T00:00:00+00:00",
        path="runs/stub/20260101T000000Z",
        suite=suite,
        experiments=(PlannedExperiment(name="kill", path="kill.yaml", sha256="", expected_s=60),),
        arms=(Arm(name=CANDIDATE, system="system.yaml"),),
        again="squall gate stub",
    )


def stub_folder(root: Path, plan: Plan | None = None) -> CampaignFolder:
    return new_folder(root / "campaign", plan or stub_plan())


def bench(runs: StubRuns, judge: Callable[[Path], Outcome], clock: Clock | None = None) -> Bench:
    said: list[str] = []
    return Bench(runs=runs, judge=judge, clock=clock or ManualClock(), note=said.append)
