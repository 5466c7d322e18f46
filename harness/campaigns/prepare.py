"""From a suite to the plan of a campaign: every file is read and checked before the first run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from harness.campaigns.folder import CampaignFolder, new_folder
from harness.campaigns.history import past_spreads
from harness.campaigns.plan import PLAN_SCHEMA, Kind, Plan, PlannedExperiment
from harness.campaigns.real_runs import rate_scale_of, sha256_of, system_files_of
from harness.campaigns.records import CANDIDATE, Arm, Outcome
from harness.campaigns.suite import Suite, SuiteEntry
from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.run.adaptation import Adaptation, adapted
from harness.run.listing import experiment_names
from harness.slo.documents import read_slo_files, slo_paths
from harness.system import SystemFiles
from harness.validation.file_check import Load, check_files

# What a run needs beside its load: start of the system, evidence, seal and judgement.
AROUND_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A campaign that is to begin."""

    root: Path
    suite: Suite
    arms: tuple[Arm, ...]
    metrics: Mapping[str, str]
    runs_dir: Path
    kind: Kind = "gate"
    suite_folder: Path = field(default_factory=Path)
    stored_baseline: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    again: str = ""


def begin(wanted: Wanted) -> CampaignFolder:
    """The folder of a new campaign. Raises ConfigError with the errors of all files."""
    experiments = checked_experiments(wanted)
    slos = slo_paths(wanted.suite.slos, wanted.suite_folder)
    read_slo_files(slos)
    planned = tuple(
        _planned(entry, experiment, wanted)
        for entry, experiment in zip(wanted.suite.entries, experiments, strict=True)
    )
    _refuse_short_budget(wanted, planned)
    stamp = datetime.now(UTC)
    named = wanted.runs_dir.absolute() / wanted.suite.name / stamp.strftime("%Y%m%dT%H%M%SZ")
    plan = Plan(
        schema=PLAN_SCHEMA,
        kind=wanted.kind,
        squall_version=version("squall"),
        started_at=stamp.isoformat(timespec="seconds"),
        path=f"runs/{wanted.suite.name}/{named.name}",
        suite=wanted.suite,
        experiments=planned,
        arms=wanted.arms,
        slos=tuple(str(path.absolute()) for path in slos),
        past=past_spreads(named.parent, planned) if wanted.kind == "gate" else (),
        stored_baseline=dict(wanted.stored_baseline),
        again=wanted.again,
    )
    return new_folder(named, plan)


def arm_of_files(files: SystemFiles) -> Arm:
    """The system that was chosen on the command line, as the candidate."""
    return Arm(
        name=CANDIDATE,
        system=str(files.system.absolute()),
        deployment="" if files.deployment is None else str(files.deployment.absolute()),
        target=files.target,
        place=dict(files.place),
    )


def checked_experiments(wanted: Wanted) -> tuple[Experiment, ...]:
    """The experiments of the suite, as `squall validate` checks them, on the system of each arm."""
    found: list[Experiment] = []
    for entry in wanted.suite.entries:
        name = _found(entry.experiment, wanted)
        load = Load(scenario=entry.scenario, seed=wanted.suite.seed, rate_scale=entry.rate_scale)
        for arm in wanted.arms:
            files = system_files_of(arm)
            _, (read,) = check_files(wanted.root, (name,), files, wanted.metrics, load)
        adapted(read, Adaptation(objectives=wanted.suite.objectives))
        found.append(read)
    _refuse_twins(found)
    _refuse_without_objectives(wanted.suite, found)
    return tuple(found)


def _found(name: str, wanted: Wanted) -> str:
    """The name of the checkout's experiment, or the path from the folder of the suite file."""
    if name in experiment_names(wanted.root):
        return name
    return str(wanted.suite_folder / name) if not Path(name).is_absolute() else name


def _planned(entry: SuiteEntry, experiment: Experiment, wanted: Wanted) -> PlannedExperiment:
    phases = experiment.terms.phases
    path = experiment.path.absolute()
    return PlannedExperiment(
        name=experiment.name,
        path=str(path),
        sha256=sha256_of(path),
        expected_s=round(phases.load_s + wanted.suite.jitter_s + phases.drain_s + AROUND_S, 3),
        scenario=entry.scenario,
        rate_scale=rate_scale_of(entry.rate_scale, wanted.arms[0]),
    )


def _refuse_twins(experiments: Sequence[Experiment]) -> None:
    names = [experiment.name for experiment in experiments]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise ConfigError(f"two experiments of the suite are called {name!r}; rename one")


def _refuse_without_objectives(suite: Suite, experiments: Sequence[Experiment]) -> None:
    own = (*suite.objectives, *suite.slos)
    bare = [e for e in experiments if not (e.terms.objectives or e.terms.slos or own)]
    if bare:
        text = "has no objectives, and neither has the suite: nothing could pass or fail"
        raise ConfigError(f"{text}; add some under `objectives`", file=bare[0].path)


def _refuse_short_budget(wanted: Wanted, planned: Sequence[PlannedExperiment]) -> None:
    suite = wanted.suite
    least_s = sum(one.expected_s for one in planned) * suite.repeats.least * len(wanted.arms)
    if least_s > suite.budget_s:
        runs = len(planned) * suite.repeats.least * len(wanted.arms)
        text = f"suite {suite.name}: {runs} runs take about {least_s:.0f} s, more than its budget"
        fix = "raise budget_s, or run fewer experiments"
        raise ConfigError(f"{text}, {suite.budget_s:g} s; {fix}")
