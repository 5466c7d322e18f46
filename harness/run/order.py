"""What is to be run and what follows from it: its folder, the load plan, what is proxied."""

from __future__ import annotations

import errno
import shlex
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from harness.errors import RefusedError
from harness.experiment import Experiment
from harness.host.finding import Finding
from harness.load.scenario import planned_word
from harness.run.adaptation import NONE, Adaptation
from harness.run.doctor import FREE_BYTES, free_space
from harness.run.inputs import Inputs, read_inputs, store_inputs
from harness.store import LoadPlan, RunFolder
from harness.system import System, usual_deployment
from harness.targets.records import USUAL

LOCAL, IN_CLUSTER = "local", "in-cluster"
LOADS: Final = (LOCAL, IN_CLUSTER)
_MOST_IN_A_SECOND: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LocustOptions:
    """What Locust is told: users of a closed loop, and the port of its web UI (0: none).

    `workers_at` is the HOST:PORT for workers of other machines; empty: they are started here.
    `load`: where the workers run, one of LOADS.
    """

    users: int = 1
    spawn_rate: float = 1.0
    locust_ui: int = 0
    workers_at: str = ""
    load: str = LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run. `scenario` and the system stand in files that were read and checked.

    `changes`: the environment variables that change the system, as they are set. `again` is the
    command that repeats it. `adaptation`: how `experiment` differs from its file.
    """

    experiment: Experiment
    system: System
    system_path: Path
    scenario: str
    seed: int
    rate_scale: float
    runs_dir: Path
    workers: int = 1
    locust: LocustOptions = LocustOptions()
    changes: Mapping[str, str] = field(default_factory=dict)
    again: str = ""
    deployment_path: Path | None = None
    asked_target: str | None = None
    place: Mapping[str, str] = field(default_factory=dict)
    slo_words: tuple[str, ...] = ()
    slo_paths: tuple[Path, ...] = ()
    adaptation: Adaptation = NONE

    @property
    def target(self) -> str:
        """The word of the target that the system is deployed on."""
        return self.system.target


def again(order: Order, experiment: str, usual_system: Path) -> str:
    """The command that repeats the run, with every option that is not the default."""
    chosen: dict[str, tuple[object, object]] = {
        "--scenario": (order.scenario, order.experiment.terms.scenario),
        "--rate-scale": (order.rate_scale, order.system.rate_scale),
        "--workers": (order.workers, 1),
        "--fault-later": (order.adaptation.later_s, 0.0),
        "--users": (order.locust.users, 1),
        "--spawn-rate": (order.locust.spawn_rate, 1.0),
        "--locust-ui": (order.locust.locust_ui, 0),
        "--workers-at": (order.locust.workers_at, ""),
        "--load": (order.locust.load, LOCAL),
        "--system": (order.system_path, usual_system),
        "--target": (order.asked_target, None),
        "--deployment": (
            order.deployment_path,
            usual_deployment(order.system_path, order.asked_target or USUAL),
        ),
    }
    words = ["squall", "run", experiment, "--seed", str(order.seed)]
    for option, (value, usual) in chosen.items():
        words += [] if value == usual else [option, str(value)]
    for option, value in order.place.items():
        words += [f"--{option}", value]
    for word in order.slo_words:
        words += ["--slo", word]
    changes = (f"{name}={shlex.quote(value)} " for name, value in order.changes.items())
    return "".join(changes) + shlex.join(words)


def open_folder(order: Order, stamp: datetime) -> tuple[RunFolder, Inputs]:
    """The run's folder with copies of its inputs, and the inputs. Raises RefusedError."""
    named = order.runs_dir.absolute() / order.experiment.name / stamp.strftime("%Y%m%dT%H%M%SZ")
    root = named
    try:
        folder = _new_folder(named)
        root = folder.root
        inputs = read_inputs(
            order.experiment.path,
            order.system_path,
            order.deployment_path,
            order.slo_paths,
            order.adaptation,
        )
        store_inputs(inputs, folder)
    except OSError as error:
        raise RefusedError(f"{root}: cannot be written: {error.strerror}") from error
    return folder, inputs


def _new_folder(named: Path) -> RunFolder:
    """The folder of that name, or with a number behind it: runs may begin in the same second."""
    ends = ("", *(f"-{number}" for number in range(2, _MOST_IN_A_SECOND)))
    for folder in (RunFolder(named.with_name(named.name + end)) for end in ends):
        with suppress(FileExistsError):
            folder.create()
            return folder
    raise FileExistsError(errno.EEXIST, f"{_MOST_IN_A_SECOND} runs began in the same second")


def plan_load(order: Order, folder: RunFolder, host: str) -> LoadPlan:
    """What the generator is to do. `host` is the system's entry."""
    phases = order.experiment.terms.phases
    return LoadPlan(
        scenario=planned_word(order.scenario, order.experiment.path.parent),
        seed=order.seed,
        rate_scale=order.rate_scale,
        host=host,
        folder=str(folder.root.absolute()),
        intent_prefix=intent_prefix(folder),
        load_s=phases.load_s,
        stop_s=phases.load_s + phases.drain_s,
        workers=order.workers,
        users=order.locust.users,
        spawn_rate=order.locust.spawn_rate,
        locust_ui=order.locust.locust_ui,
        workers_at=order.locust.workers_at,
    )


def intent_prefix(folder: RunFolder) -> str:
    """What all intents' keys of a run begin with: no two runs share a key."""
    return f"{zlib.crc32(path_in_runs(folder).encode()):08x}"


def path_in_runs(folder: RunFolder) -> str:
    """The run's name, wherever its folder is moved."""
    return f"runs/{folder.root.parent.name}/{folder.root.name}"


def refuse_without_space(runs_dir: Path) -> None:
    """Raise RefusedError where a run would not fit."""
    free = free_space(runs_dir)
    if free < FREE_BYTES:
        text = f"{free // 1_000_000} MB are free, a run wants {FREE_BYTES // 1_000_000} MB"
        raise RefusedError(f"{runs_dir}: {text}; free some or use --runs-dir")


def refuse_unready(findings: Sequence[Finding]) -> None:
    """Raise RefusedError at the first check of a target's needs that failed."""
    found = next((one for one in findings if not one.ok), None)
    if found is not None:
        raise RefusedError(f"{found.name}: {found.seen}; {found.fix}")
