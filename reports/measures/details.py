"""Two closer looks at a stored run: what each process cost in CPU, and one intent's history."""

from __future__ import annotations

from typing import Final

import msgspec

from harness.host.usage import Usage
from harness.load.records import Attempt, ErrorClass
from harness.load.traffic import read_schedule
from harness.store import RunFolder, check_schema, read_json
from harness.view.tail import RunFollower
from reports.inputs.intent_rows import Cell
from reports.inputs.keys import Keys
from reports.inputs.stored import read_stored
from reports.measures.wrong_records import case_of

MS_PER_S: Final = 1000


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One process in the window before the fault, at the run's peak."""

    process: str
    cpu_s: float
    of_one_core: str
    cpu_ms_per_intent: float


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of an intent, in the order of their starts."""

    attempt: int
    request: str
    due_s: float
    late_ms: float
    took_ms: float
    status: int
    error: str
    outcome: str


class IntentHistory(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run holds of one intent: what it asked, its attempts, every row of its key."""

    intent: str
    number: int
    due_s: float
    ends: str
    asked: dict[str, Cell]
    attempts: tuple[Tried, ...]
    records: dict[str, tuple[dict[str, Cell], ...]]


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


def intent_history(folder: RunFolder, word: str) -> IntentHistory:
    """Of the intent with that key, number, or beginning of a key.

    Raises ConfigError for a key that is not of this run, StoredRunError.
    """
    check_schema(folder)
    stored = read_stored(folder)
    evidence, prefix = stored.evidence, stored.manifest.intent_prefix
    key, number = Keys(evidence, prefix, len(stored.due)).find(word)
    case = case_of(stored, key, number)
    attempts = [a for a in RunFollower(folder).attempts() if a.intent == number]
    records: dict[str, list[dict[str, Cell]]] = {table: [] for table in evidence.key_columns}
    for row in case.rows:
        records[row.table].append(dict(row.cells))
    return IntentHistory(
        intent=key,
        number=number,
        due_s=round(case.story.due_s, 6),
        ends=case.story.ends,
        asked=dict(case.asked),
        attempts=tuple(
            _tried(a, stored.names) for a in sorted(attempts, key=lambda a: a.due_us + a.late_us)
        ),
        records={table: tuple(rows) for table, rows in records.items()},
    )


def _cost(name: str, cpu_s: float, share: float, due: int) -> Cost:
    return Cost(
        process=name,
        cpu_s=round(cpu_s, 3),
        of_one_core=f"{share * 100:.1f} %",
        cpu_ms_per_intent=round(cpu_s * MS_PER_S / max(due, 1), 3),
    )


def _tried(a: Attempt, names: tuple[str, ...]) -> Tried:
    return Tried(
        attempt=a.attempt,
        request=names[a.name] if a.name < len(names) else str(a.name),
        due_s=round(a.due_us / 1e6, 6),
        late_ms=a.late_us / 1000,
        took_ms=a.took_us / 1000,
        status=a.status,
        error="" if a.error is ErrorClass.NONE else a.error.name.lower(),
        outcome=a.outcome.name.lower(),
    )
