"""The hardest payment of a run: every attempt of the intent that needed most of them."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.records import NAME_SHIFT, OUTCOME_SHIFT, STATUS_MASK, ErrorClass, Outcome
from harness.traffic import US_PER_S
from reports.cohorts import Cohorts, Known
from reports.picture import Step, Story, Unknowns
from reports.stored import Records, StoredRun

MOST_STEPS: Final = 12
_ENDS: Final = {
    Known.CAPTURED: "the payer was told that it is paid",
    Known.REFUSED: "the payer was refused",
    Known.UNKNOWN: "the payer never learned how it ended",
    Known.UNSTARTED: "it never started",
}


def hardest(stored: StoredRun, cohorts: Cohorts) -> Story | None:
    """None when every payment needed one attempt. Of equals the longest, then the first."""
    if not len(cohorts.attempts) or int(cohorts.attempts.max()) < 2:  # noqa: PLR2004  # a retry
        return None
    most = np.flatnonzero(cohorts.attempts == cohorts.attempts.max())
    took = cohorts.ended_us[most] - cohorts.due_us[most]
    intent = int(most[int(np.argmax(took))])
    mine = stored.attempts[stored.attempts["intent"] == intent]
    mine = mine[np.lexsort((mine["attempt"], mine["due_us"].astype(np.int64) + mine["late_us"]))]
    due_us = int(cohorts.due_us[intent])
    steps = [_step(mine[i : i + 1], due_us, stored.names) for i in range(len(mine))]
    left_out = max(0, len(steps) - MOST_STEPS)
    if left_out:
        half = MOST_STEPS // 2
        steps = steps[:half] + steps[-half:]
    return Story(
        intent=f"{stored.manifest.intent_prefix}-{intent}",
        due_s=due_us / US_PER_S,
        steps=tuple(steps),
        left_out=left_out,
        ends=_ENDS[Known(int(cohorts.known[intent]))],
    )


def unknowns(cohorts: Cohorts, stop_s: float) -> Unknowns:
    """Payments whose outcome was unknown at first; the p99 of their time is consistency recovery.

    What was never resolved counts as longer than all others: a lower bound, up to `stop_s`.
    """
    open_ = cohorts.unknown_us >= 0
    asked = cohorts.unknown_us[open_] / US_PER_S
    settled = cohorts.settled_us[open_] / US_PER_S
    never = settled < 0
    end = np.where(never, np.maximum(stop_s, asked), np.maximum(settled, asked))
    took = np.where(never, np.inf, end - asked)
    rank = max(int(np.ceil(len(took) * 0.99)) - 1, 0)
    at = np.argsort(took, kind="stable")[rank] if len(took) else 0
    return Unknowns(
        count=len(asked),
        unresolved=int(never.sum()),
        begin_s=float(asked.min()) if len(asked) else 0.0,
        end_s=float(end.max()) if len(asked) else 0.0,
        p99_s=float((end - asked)[at]) if len(asked) else 0.0,
        censored=bool(never[at]) if len(asked) else False,
    )


def _step(one: Records, due_us: int, names: tuple[str, ...]) -> Step:
    begin_us = int(one["due_us"][0]) + int(one["late_us"][0]) - due_us
    code = int(one["code"][0])
    name, status, error = code >> NAME_SHIFT, code & STATUS_MASK, ErrorClass(int(one["error"][0]))
    answer = f"answer {status}" if error is ErrorClass.NONE else error.name.lower()
    return Step(
        begin_s=begin_us / US_PER_S,
        end_s=(begin_us + int(one["took_us"][0])) / US_PER_S,
        request=names[name] if name < len(names) else f"request {name}",
        outcome=Outcome(code >> OUTCOME_SHIFT & 3).name.lower(),
        answer=answer.replace("_", " "),
    )
