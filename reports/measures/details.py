"""Two closer looks at a stored run: what each process cost in CPU, and the story of one intent."""

from __future__ import annotations

from typing import Final

import msgspec

from harness.errors import ConfigError
from harness.files.problems import nearest
from harness.host.usage import Usage
from harness.load.records import Attempt, ErrorClass
from harness.load.traffic import read_schedule
from harness.store import LoadPlan, RunFolder, read_json, request_names
from harness.view.tail import RunFollower

MS_PER_S: Final = 1000


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One process in the window before the fault, at the run's peak."""

    process: str
    cpu_s: float
    of_one_core: str
    cpu_ms_per_intent: float


class StoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of an intent, in the order of their starts."""

    attempt: int
    request: str
    due_s: float
    late_ms: float
    took_ms: float
    status: int
    error: str
    outcome: str


def usage_table(folder: RunFolder) -> tuple[Cost, ...]:
    """CPU by process, dearest first, and per intent that was due in the same window.

    Raises StoredRunError.
    """
    used = read_json(folder.usage, tuple[Usage, ...])
    if not used:
        return ()
    begin_us, end_us = used[0].begin_s * 1e6, used[0].end_s * 1e6
    due = sum(begin_us <= at < end_us for at in read_schedule(folder.schedule))
    rows = [_cost(u.name, u.cpu_s, u.of_one_core, due) for u in used]
    total_s = sum(u.cpu_s for u in used)
    rows.append(_cost("all", total_s, sum(u.of_one_core for u in used), due))
    return tuple(rows)


def intent_story(folder: RunFolder, key: str) -> tuple[StoryRow, ...]:
    """Every attempt of the intent with that key or number.

    Raises ConfigError for a key that is not of this run, StoredRunError.
    """
    plan = read_json(folder.plan, LoadPlan)
    number = key.removeprefix(f"{plan.intent_prefix}-")
    if not number.isdigit():
        fix = nearest(key, [f"{plan.intent_prefix}-0"])
        raise ConfigError(f"--intent {key!r} is not of this run; {fix}")
    names = request_names(folder)
    found = [a for a in RunFollower(folder).attempts() if a.intent == int(number)]
    return tuple(_step(a, names) for a in sorted(found, key=lambda a: a.due_us + a.late_us))


def _cost(name: str, cpu_s: float, share: float, due: int) -> Cost:
    return Cost(
        process=name,
        cpu_s=round(cpu_s, 3),
        of_one_core=f"{share * 100:.1f} %",
        cpu_ms_per_intent=round(cpu_s * MS_PER_S / max(due, 1), 3),
    )


def _step(a: Attempt, names: tuple[str, ...]) -> StoryRow:
    return StoryRow(
        attempt=a.attempt,
        request=names[a.name] if a.name < len(names) else str(a.name),
        due_s=round(a.due_us / 1e6, 6),
        late_ms=a.late_us / 1000,
        took_ms=a.took_us / 1000,
        status=a.status,
        error="" if a.error is ErrorClass.NONE else a.error.name.lower(),
        outcome=a.outcome.name.lower(),
    )
