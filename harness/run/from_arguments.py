"""From what a person typed to what can be run or said: all is read and checked here first."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.host.finding import Finding
from harness.load.scenario import LEAN, engine_of, scenario_path
from harness.run.adaptation import NONE, Adaptation, adapted
from harness.run.doctor import MachinePlace, examine, other_load
from harness.run.load_workers import with_master
from harness.run.opening import preflight
from harness.run.order import LOCAL, LocustOptions, Order, again
from harness.safety.lock import holder
from harness.safety.state import State, lock_path
from harness.safety.undo import leftover
from harness.slo.documents import read_slo_files, slo_paths
from harness.system import CHANGES, SystemFiles
from harness.validation.file_check import Load, check_files

USUAL_SYSTEM: Final = Path("reference_services") / "system.yaml"  # the default of --system
RATE_SCALES: Final = (0.01, 100.0)
SEEDS: Final = (0, 2**53 - 1)  # whole in every JSON reader
WORKERS: Final = (1, 32)
LATER_S: Final = (0.0, 600.0)


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment file that was found sound."""

    experiment: str
    question: str
    scenario: str
    faults: str
    objectives: int


def order_from(
    root: Path,
    *,
    experiment: str,
    seed: int,
    scenario: str | None,
    rate_scale: float | None,
    workers: int,
    runs_dir: Path,
    files: SystemFiles,
    metrics: Mapping[str, str] | None = None,
    locust: LocustOptions | None = None,
    slos: Sequence[str] = (),
    adaptation: Adaptation = NONE,
) -> Order:
    """A run that may begin: the same check as `validate`. Raises ConfigError with all errors.

    `rate_scale` None is that of the deployment.
    """
    _check_paths(experiment, runs_dir, files)
    _check_number("--rate-scale", 1.0 if rate_scale is None else rate_scale, RATE_SCALES)
    _check_number("--seed", seed, SEEDS)
    _check_number("--workers", workers, WORKERS)
    _check_number("--fault-later", adaptation.later_s, LATER_S)
    load = Load(scenario=scenario, seed=seed, rate_scale=rate_scale)
    system, (read,) = check_files(root, (experiment,), files, metrics, load)
    beside = read.path.parent
    documents = slo_paths((*read.terms.slos, *slos), beside)
    read_slo_files(documents)
    order = Order(
        experiment=adapted(read, adaptation),
        system=system,
        system_path=files.system,
        deployment_path=files.deployment,
        asked_target=files.target,
        place=files.place,
        scenario=scenario or read.terms.scenario,
        seed=seed,
        rate_scale=system.scale(rate_scale),
        workers=workers,
        locust=locust or LocustOptions(),
        runs_dir=runs_dir,
        slo_words=tuple(slos),
        slo_paths=documents,
        adaptation=adaptation,
        changes={name: os.environ[name] for name in CHANGES if os.environ.get(name)},
    )
    _refuse_for_lean(order)
    order = replace(order, again=again(order, experiment, root / USUAL_SYSTEM))
    return with_master(order)


def _refuse_for_lean(order: Order) -> None:
    """The lean engine has no Locust, so that its options would be ignored.

    Workers elsewhere are Locust's, whatever the scenario states.
    """
    usual = LocustOptions()
    given = [
        f"--{field.name.replace('_', '-')}"
        for field in fields(usual)
        if getattr(order.locust, field.name) != getattr(usual, field.name)
    ]
    path = scenario_path(order.scenario, order.experiment.path.parent)
    if given and order.locust.load == LOCAL and engine_of(path) == LEAN:
        text = f"{', '.join(given)}: the scenario {order.scenario} runs on the lean engine"
        raise ConfigError(f"{text}, without Locust; leave it out, or name a Locust scenario")


def _check_number(name: str, value: float, allowed: tuple[float, float]) -> None:
    """NaN is outside of every range, though it compares with nothing."""
    low, high = allowed
    if not low <= value <= high:
        text = f"{name}: {value}: out of range; allowed: {low:.16g} to {high:.16g}"
        raise ConfigError(f"{text}; fix: write for example {name} {max(low, 1):.16g}")


def _check_paths(experiment: str, runs_dir: Path, files: SystemFiles) -> None:
    _check_text("EXPERIMENT", experiment)
    _check_text("--runs-dir", str(runs_dir.absolute()))
    for path in (files.system, files.deployment or files.system):
        _check_text("--system or --deployment", str(path.absolute()))


def _check_text(name: str, path: str) -> None:
    """A path goes into JSON files, which hold no other text than Unicode."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{name}: {path!r}: the path is not UTF-8; rename it") from None


def read_all(
    root: Path, names: Sequence[str], files: SystemFiles, metrics: Mapping[str, str] | None = None
) -> tuple[Experiment, ...]:
    """The experiments of these names or paths, checked. Raises ConfigError with all errors."""
    return check_files(root, names, files, metrics)[1]


def check(experiment: Experiment) -> Checked:
    """What a sound experiment says of itself, in one row."""
    faults = (f"{f.func.removeprefix('inject_')} {' '.join(f.targets)}" for f in experiment.faults)
    return Checked(
        experiment=experiment.name,
        question=experiment.terms.question,
        scenario=experiment.terms.scenario,
        faults=", ".join(faults),
        objectives=len(experiment.terms.objectives),
    )


def diagnose(runs_dir: Path, files: SystemFiles, state: State) -> tuple[Finding, ...]:
    """All that would stop a run now."""
    system = files.read()
    place = MachinePlace(runs_dir=runs_dir, state_dir=state.root)
    needed = preflight(system.target, system, state.root)
    checks = (_lock, lambda: _leftover(state), lambda: other_load(SystemClock()))
    return examine(place, checks, needed)


def _lock() -> Finding:
    who = holder(lock_path())
    if who is None:
        return Finding(name="machine", ok=True, seen="free")
    return Finding(name="machine", ok=False, seen=str(who), fix="wait for it, or stop it")


def _leftover(state: State) -> Finding:
    why = leftover(state.undo)
    if holder(lock_path()) is not None or not why:
        return Finding(name="leftovers", ok=True, seen="none")
    return Finding(name="leftovers", ok=False, seen=why, fix="run `squall heal`")
