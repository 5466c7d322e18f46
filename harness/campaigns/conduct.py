"""Conducts a campaign: asks the strategy, makes the run, judges it, until the strategy wants none.

Each finished attempt is on disk: after any death the same call continues there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

from harness.campaigns.folder import CampaignFolder, alone
from harness.campaigns.journal import MOST_ATTEMPTS, Line, read_attempts, write_line
from harness.campaigns.records import Attempt, Outcome, Request, Why
from harness.campaigns.strategy import Strategy
from harness.clock import NS_PER_S, Clock
from harness.errors import RunFailedError, StoredRunError, TargetError, after_start

Judge = Callable[[Path], Outcome]
_NO_RUN: Final = "There is no run of this attempt."


class Runs(Protocol):
    """Makes runs."""

    def make(self, request: Request, place: Path) -> None:
        """Make the run in a new folder below `place`. Raises HarnessError."""


class NoRuns:
    """Makes none."""

    def make(self, request: Request, place: Path) -> None:
        """Nothing."""
        del request, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a campaign needs of the outside world."""

    runs: Runs
    judge: Judge
    clock: Clock
    note: Callable[[str], None]


def conduct(folder: CampaignFolder, strategy: Strategy, bench: Bench) -> tuple[Attempt, ...]:
    """All attempts, when the campaign is complete and sealed.

    Raises RefusedError and ConfigError before the first attempt, later RunFailedError.
    """
    with alone(folder):
        if folder.is_complete:
            return judged_attempts(folder, bench.judge)
        seen = list(judged_attempts(folder, bench.judge))
        while (request := strategy.next(seen)) is not None:
            if len(seen) >= MOST_ATTEMPTS:
                raise RunFailedError(f"{folder.root}: more than {MOST_ATTEMPTS} attempts")
            bench.note(_title(len(seen) + 1, request))
            seen.append(_attempt(folder, len(seen) + 1, request, bench))
            bench.note(_said(seen[-1]))
        with after_start():
            folder.seal()
    return tuple(seen)


def judged_attempts(folder: CampaignFolder, judge: Judge) -> tuple[Attempt, ...]:
    """The stored attempts with the outcomes of their runs. Raises StoredRunError."""
    return tuple(_judged(folder, attempt, judge) for attempt in read_attempts(folder.journal))


def _attempt(folder: CampaignFolder, number: int, request: Request, bench: Bench) -> Attempt:
    write_line(folder.journal, Line(event="begin", number=number, request=request))
    began_ns, error = bench.clock.monotonic_ns(), ""
    try:
        bench.runs.make(request, folder.place(number))
    except (TargetError, RunFailedError) as failed:
        error = str(failed)
    took_s = (bench.clock.monotonic_ns() - began_ns) / NS_PER_S
    line = Line(event="end", number=number, took_s=round(took_s, 3), error=error)
    write_line(folder.journal, line)
    attempt = Attempt(number=number, request=request, took_s=line.took_s, error=error)
    return _judged(folder, attempt, bench.judge)


def _judged(folder: CampaignFolder, attempt: Attempt, judge: Judge) -> Attempt:
    """With the outcome of its run; a run that cannot be read is an attempt that tells nothing."""
    run = folder.run_of(attempt.number)
    shown = "" if run is None else str(run.relative_to(folder.root))
    if attempt.error or run is None:
        error = attempt.error or _NO_RUN
        return msgspec.structs.replace(attempt, run=shown, error=error)
    try:
        return msgspec.structs.replace(attempt, run=shown, outcome=judge(run))
    except (StoredRunError, OSError) as error:
        return msgspec.structs.replace(attempt, run=shown, error=str(error))


def _title(number: int, request: Request) -> str:
    later = f", fault {request.later_s:g} s later" if request.later_s else ""
    which = f"{request.experiment} ({request.arm}), repeat {request.repeat + 1}"
    return f"attempt {number}: {which}, seed {request.seed}{later}"


def _said(attempt: Attempt) -> str:
    if attempt.outcome is None:
        return f"attempt {attempt.number}: no run: {attempt.error}"
    reasons: Sequence[Why] = attempt.outcome.violations or attempt.outcome.why
    text = reasons[0].text if reasons else ""
    return f"attempt {attempt.number}: {attempt.outcome.verdict}  {text}"
