"""How intents ended, attempt by attempt, by the rules in docs/recovery.md: the oracle of steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.load.records import Attempt, Outcome
from reports.measures.cohorts import Known


def plain_known(attempts: Sequence[Attempt]) -> Known:
    """How one intent ended."""
    if not attempts:
        return Known.UNSTARTED
    ends = {_step(step, attempts) for step in _steps(attempts)}
    if Known.REFUSED in ends:
        return Known.REFUSED
    return Known.UNKNOWN if Known.UNKNOWN in ends else Known.CAPTURED


def plain_effect(attempts: Sequence[Attempt]) -> Known | None:
    """What is known of one intent's effect; None if it claims none."""
    steps = [step for step in _steps(attempts) if any(a.effect for a in step)]
    if not steps:
        return None
    if _granted(attempts) or all(any(a.outcome is Outcome.OK for a in s) for s in steps):
        return Known.CAPTURED
    said = {attempt.outcome for step in steps for attempt in step}
    if Outcome.OK in said or (Outcome.INFO in said and not _declined(attempts)):
        return Known.UNKNOWN
    return Known.REFUSED


def _steps(attempts: Sequence[Attempt]) -> list[list[Attempt]]:
    steps: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda a: (_end_us(a), a.attempt)):
        steps[attempt.name].append(attempt)
    return list(steps.values())


def _end_us(attempt: Attempt) -> int:
    return attempt.due_us + attempt.late_us + attempt.took_us


def _step(step: Sequence[Attempt], every: Sequence[Attempt]) -> Known:
    if _granted(every) or step[-1].outcome is Outcome.OK:
        return Known.CAPTURED
    was_open = any(a.outcome is Outcome.INFO for a in step)
    if _declined(every):
        return Known.REFUSED
    last_word = step[-1].outcome is Outcome.FAIL and (not was_open or step[-1].answer != 0)
    return Known.REFUSED if last_word else Known.UNKNOWN


def _granted(every: Sequence[Attempt]) -> bool:
    return any(a.outcome is Outcome.OK and a.answer for a in every)


def _declined(every: Sequence[Attempt]) -> bool:
    return any(a.outcome is Outcome.FAIL and a.answer for a in every)
