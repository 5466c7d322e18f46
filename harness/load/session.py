"""What one generator process has to do, and the files by which it talks with the harness."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_S
from harness.load.asked import Asks, ColumnType, write_asked
from harness.load.attempt_file import AttemptFile, NoRecorder, Recorder
from harness.load.kept import Kept, KeptInFolder, NothingKept
from harness.load.plan import PLAN_VARIABLE
from harness.load.traffic import Curve, arrivals_us, most_in_a_second, worker_share, write_schedule
from harness.store import LoadDone, LoadGo, LoadPlan, LoadReady, RunFolder, read_json, write_json

GO_TIMEOUT_S: Final = 120.0
STANDALONE_LOAD_S: Final = 60.0
STANDALONE_DRAIN_S: Final = 10.0
_POLL_S: Final = 0.01


class NeverStartedError(Exception):
    """The harness did not give the word within `GO_TIMEOUT_S`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One worker's part of a load: its arrivals as (intent, due_us), and how long it may last.

    `folder` is None when nobody conducts: then the zero is now, and nothing is written. `asked` has
    the columns of the table that this worker wrote of what the intents ask. In a closed loop the
    users decide when they send, and there are no arrivals.
    """

    arrivals: Sequence[tuple[int, int]]
    seed: int
    intent_prefix: str
    stop_s: float
    worker: int
    recorder: Recorder
    kept: Kept = field(default_factory=NothingKept)
    open_loop: bool = True
    folder: RunFolder | None = None
    asked: Mapping[str, ColumnType] = field(default_factory=dict)

    @property
    def peak_per_s(self) -> int:
        """The most arrivals that any second of this worker's share holds."""
        return most_in_a_second([due_us for _, due_us in self.arrivals])

    def ready(self, names: Sequence[str]) -> None:
        """Tell the harness that the schedule is made and the users wait."""
        if self.folder is not None:
            record = LoadReady(
                worker=self.worker,
                pid=os.getpid(),
                arrivals=len(self.arrivals),
                names=tuple(names),
                peak_per_s=self.peak_per_s,
                asked=dict(self.asked),
                open_loop=self.open_loop,
            )
            write_json(self.folder.ready(self.worker), record)

    def zero_ns(self, sleep: Callable[[float], None]) -> int:
        """The run's zero on CLOCK_MONOTONIC, once it is known. Raises NeverStartedError."""
        if self.folder is None:
            return time.monotonic_ns()
        return wait_for_zero(self.folder, sleep)

    def done(self, started: int, requests: int | None = None, outside: int = 0) -> None:
        """Close the record, and tell the harness that this worker came to its end by itself.

        `requests` as Locust counts them, `outside` those of them that belong to no task.
        """
        self.recorder.close()
        if self.folder is not None:
            record = LoadDone(
                worker=self.worker,
                started=started,
                attempts=self.recorder.kept,
                requests=requests,
                outside=outside,
            )
            write_json(self.folder.done(self.worker), record)


def wait_for_zero(folder: RunFolder, sleep: Callable[[float], None]) -> int:
    """The run's zero, once the harness has given it. Raises NeverStartedError."""
    ends_s = time.monotonic() + GO_TIMEOUT_S
    while not folder.go.exists():
        if time.monotonic() >= ends_s:
            raise NeverStartedError(f"no {folder.go.name} within {GO_TIMEOUT_S:g} s")
        sleep(_POLL_S)
    return read_json(folder.go, LoadGo).t0_mono_ns


def open_session(
    curve: Curve,
    worker: int,
    workers: int,
    environ: Mapping[str, str] = os.environ,
    asks: Asks | None = None,
) -> Session:
    """By the plan that the environment names, or standalone: the scenario's curve once.

    Worker 0 writes the whole schedule, and what all intents ask if the scenario declares it.
    Raises StoredRunError (no plan there), OSError.
    """
    path = environ.get(PLAN_VARIABLE)
    if path is None:
        return _alone(curve, worker, workers)
    plan = read_json(Path(path), LoadPlan)
    folder = RunFolder(Path(plan.folder))
    due_us = arrivals_us(curve, plan.load_s, plan.seed, plan.rate_scale)
    if worker == 0:
        write_schedule(folder.schedule, due_us)
        if asks is not None:
            keys = (f"{plan.intent_prefix}-{intent}" for intent in range(len(due_us)))
            write_asked(folder.asked_rows, asks, plan.seed, keys)
    mine = worker_share(due_us, worker, plan.workers)
    return Session(
        arrivals=mine,
        seed=plan.seed,
        intent_prefix=plan.intent_prefix,
        stop_s=plan.stop_s,
        worker=worker,
        recorder=AttemptFile(folder.attempts(worker), len(mine)),
        kept=KeptInFolder(folder),
        folder=folder,
        asked={} if asks is None or worker else asks.columns,
    )


def closed_session(plan: LoadPlan) -> Session:
    """A load whose users decide when they send. Raises OSError."""
    folder = RunFolder(Path(plan.folder))
    write_schedule(folder.schedule, [])
    return Session(
        arrivals=(),
        seed=plan.seed,
        intent_prefix=plan.intent_prefix,
        stop_s=plan.stop_s,
        worker=0,
        recorder=AttemptFile(folder.attempts(0)),
        kept=KeptInFolder(folder),
        open_loop=False,
        folder=folder,
    )


def _alone(curve: Curve, worker: int, workers: int) -> Session:
    seed = time.time_ns() // NS_PER_S  # a new day's payments: keys must not meet yesterday's
    due_us = arrivals_us(curve, STANDALONE_LOAD_S, seed)
    return Session(
        arrivals=worker_share(due_us, worker, workers),
        seed=seed,
        intent_prefix=f"alone-{seed}",
        stop_s=STANDALONE_LOAD_S + STANDALONE_DRAIN_S,
        worker=worker,
        recorder=NoRecorder(),
    )
