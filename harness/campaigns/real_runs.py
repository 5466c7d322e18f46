"""Makes the runs of a campaign on this machine, each like `squall run`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.campaigns.plan import Plan, PlannedExperiment
from harness.campaigns.records import Arm, Request
from harness.campaigns.settle import settle
from harness.errors import ConfigError, RunFailedError
from harness.files.whole_file import read_whole
from harness.run.adaptation import Adaptation
from harness.run.doctor import other_load
from harness.run.from_arguments import order_from
from harness.run.lifecycle import run
from harness.run.run_state import Tools
from harness.system import CHANGES, SystemFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRuns:
    """Runs on the target of each arm's system. `tools`: fresh ones for every run."""

    root: Path
    plan: Plan
    metrics: Mapping[str, str]
    tools: Callable[[], Tools]

    def make(self, request: Request, place: Path) -> None:
        """One run in a new folder below `place`."""
        planned = next(e for e in self.plan.experiments if e.name == request.experiment)
        arm = next(a for a in self.plan.arms if a.name == request.arm)
        refuse_changed(planned)
        with changed_environment(arm.changes):
            order = order_from(
                self.root,
                experiment=planned.path,
                seed=request.seed,
                scenario=planned.scenario,
                rate_scale=planned.rate_scale,
                workers=1,
                runs_dir=place,
                files=system_files_of(arm),
                metrics=self.metrics,
                slos=self.plan.slos,
                adaptation=Adaptation(
                    later_s=request.later_s, objectives=self.plan.suite.objectives
                ),
            )
            tools = self.tools()
            settle(lambda: other_load(tools.clock), tools.watcher.note)
            run(order, tools)


def system_files_of(arm: Arm) -> SystemFiles:
    """The files of an arm's system."""
    deployment = Path(arm.deployment) if arm.deployment else None
    return SystemFiles(
        system=Path(arm.system), deployment=deployment, target=arm.target, place=arm.place
    )


def rate_scale_of(said: float | None, first: Arm) -> float:
    """As the suite says, else that of the first arm's deployment: all arms get one load."""
    return system_files_of(first).read().scale(said)


def sha256_of(path: Path) -> str:
    """The digest of an experiment's file. Raises ConfigError."""
    try:
        return hashlib.sha256(read_whole(path)).hexdigest()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=path) from error


def refuse_changed(planned: PlannedExperiment) -> None:
    """All repeats are of the same experiment. Raises RunFailedError."""
    if sha256_of(Path(planned.path)) != planned.sha256:
        text = "has changed since the campaign began; begin a new campaign"
        raise RunFailedError(f"{planned.path}: {text}")


@contextmanager
def changed_environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Within this block the processes of the system get these variables too."""
    before = {name: os.environ.get(name) for name in (*CHANGES, *changes)}
    try:
        os.environ.update(changes)
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
