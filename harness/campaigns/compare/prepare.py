"""From a matrix to the plan of a campaign: every file is checked before the first run."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from harness.campaigns.compare.arithmetic import arm_facts, refuse_misfits
from harness.campaigns.compare.arm_files import ArmFiles, refuse_equal_names, write_arms
from harness.campaigns.compare.column_files import column_source, write_column
from harness.campaigns.compare.matrix import Column, Matrix
from harness.campaigns.folder import CampaignFolder, empty_folder, store_plan
from harness.campaigns.plan import PLAN_SCHEMA, Plan, PlannedExperiment
from harness.campaigns.prepare import AROUND_S
from harness.campaigns.real_runs import rate_scale_of, sha256_of, system_files_of
from harness.campaigns.suite import Repeats, Suite
from harness.errors import ConfigError
from harness.experiment import Experiment, read_experiment, shape_problems
from harness.files.problems import raise_problems
from harness.files.yaml_file import read_document
from harness.system import SystemFiles
from harness.validation.file_check import Load, check_files


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMatrix:
    """A comparison that is to begin; `files` is the system of the command line."""

    root: Path
    path: Path
    matrix: Matrix
    files: SystemFiles
    metrics: Mapping[str, str]
    runs_dir: Path
    again: str = ""


def begin(wanted: WantedMatrix) -> CampaignFolder:
    """The folder of a new comparison. Raises ConfigError with the errors of all files."""
    stamp = datetime.now(UTC)
    place = wanted.runs_dir.absolute() / wanted.matrix.name
    folder = empty_folder(place / stamp.strftime("%Y%m%dT%H%M%SZ"))
    try:
        store_plan(folder, _plan(wanted, folder, stamp))
    except BaseException:  # raised again: nothing was run, so nothing is worth keeping
        shutil.rmtree(folder.root)
        raise
    return folder


def _plan(wanted: WantedMatrix, folder: CampaignFolder, stamp: datetime) -> Plan:
    matrix = wanted.matrix
    arms = write_arms(wanted.path, matrix, wanted.files, folder.arms)
    refuse_equal_names(arms)
    refuse_misfits(wanted.path, matrix, arms)
    planned = tuple(_planned(wanted, column, arms, folder.columns) for column in matrix.columns)
    _refuse_short_budget(matrix, planned)
    return Plan(
        schema=PLAN_SCHEMA,
        kind="compare",
        squall_version=version("squall"),
        started_at=stamp.isoformat(timespec="seconds"),
        path=f"runs/{matrix.name}/{folder.root.name}",
        suite=_suite(matrix),
        experiments=planned,
        arms=tuple(one.arm for one in arms),
        again=wanted.again,
        matrix=matrix,
        facts=arm_facts(matrix, arms),
    )


def _suite(matrix: Matrix) -> Suite:
    """What a comparison has in common with a gate: budget, seed, and the runs to be made."""
    return Suite(
        name=matrix.name,
        question=matrix.question,
        budget_s=matrix.budget_s,
        repeats=Repeats(least=max(matrix.repeats, 2), most=max(matrix.repeats, 2)),
        jitter_s=0,
        seed=matrix.seed,
        experiments=tuple(column.name for column in matrix.columns),
    )


def _planned(
    wanted: WantedMatrix, column: Column, arms: tuple[ArmFiles, ...], folder: Path
) -> PlannedExperiment:
    beside = wanted.path.absolute().parent
    source = column_source(wanted.root, beside, column)
    raise_problems(source, shape_problems(read_document(source)))
    path = write_column(wanted.root, beside, column, folder)
    checked = path if column.phases or column.no_fault else source
    load = Load(scenario=column.scenario, seed=wanted.matrix.seed, rate_scale=column.rate_scale)
    experiment = _checked(wanted, checked, arms[0], load)
    for one in arms[1:]:  # the load is the same
        _fits(checked, one)
    phases = experiment.terms.phases
    return PlannedExperiment(
        name=column.name,
        path=str(path.absolute()),
        sha256=sha256_of(path),
        expected_s=round(phases.load_s + phases.drain_s + AROUND_S, 3),
        scenario=column.scenario,
        rate_scale=rate_scale_of(column.rate_scale, arms[0].arm),
    )


def _checked(wanted: WantedMatrix, path: Path, one: ArmFiles, load: Load) -> Experiment:
    files = system_files_of(one.arm)
    try:
        _, (read,) = check_files(wanted.root, (str(path),), files, wanted.metrics, load)
    except ConfigError as error:
        raise ConfigError(f"{error} (in the arm {one.arm.name!r})") from error
    return read


def _fits(path: Path, one: ArmFiles) -> None:
    """The faults of the experiment are possible in the system of this arm."""
    try:
        read_experiment(path, one.system)
    except ConfigError as error:
        raise ConfigError(f"{error} (in the arm {one.arm.name!r})") from error


def _refuse_short_budget(matrix: Matrix, planned: tuple[PlannedExperiment, ...]) -> None:
    runs = len(planned) * len(matrix.arms) * matrix.repeats
    needed_s = sum(one.expected_s for one in planned) * len(matrix.arms) * matrix.repeats
    if needed_s > matrix.budget_s:
        text = f"matrix {matrix.name}: {runs} runs take about {needed_s:.0f} s"
        fix = "raise budget_s, or take fewer columns, arms or repeats"
        raise ConfigError(f"{text}, more than its budget, {matrix.budget_s:g} s; {fix}")
