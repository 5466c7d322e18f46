"""What is wrong in the records, told with its money, its times and one case step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from harness.load.asked import ASKED
from harness.load.traffic import US_PER_S
from reports.checks.base import Checked, Violation
from reports.inputs.evidence_tables import Evidence
from reports.inputs.intent_rows import asked_by, rows_of_intent
from reports.inputs.keys import Keys
from reports.inputs.stored import StoredRun
from reports.measures.cohorts import Known, block_of
from reports.measures.page_model import Case, Lane, Span, WrongRecords
from reports.measures.phases import FaultLife
from reports.measures.stories import story_of

_AMOUNT, _CURRENCY = "amount_minor", "currency"
# A query gets the numbers of this many intents; the sums of more are not told.
_MOST_SUMMED: Final = 200_000
_SUM: Final = """
select {currency} as currency, sum(try_cast({amount} as hugeint))::varchar as total
from {table} where list_contains($intents, intent) and try_cast({amount} as hugeint) is not null
group by 1 order by 1"""


def tell_wrong(
    stored: StoredRun,
    checks: Sequence[Checked],
    lanes: Sequence[Lane],
    faults: Sequence[FaultLife],
    end_s: float,
) -> tuple[WrongRecords, ...]:
    """Each class of violation that was found, in the order of the checks. Raises StoredRunError."""
    keys = Keys(stored.evidence, stored.manifest.intent_prefix, len(stored.due))
    unusual = [*_faults_on(faults, end_s), *_unusual(lanes)]
    return tuple(
        _told(stored, checked.name, found, keys, unusual)
        for checked in checks
        for found in checked.violations
    )


def case_of(stored: StoredRun, key: str, intent: int) -> Case:
    """All that the run holds of one intent. Raises StoredRunError."""
    due_us = stored.due.span_us(intent, intent + 1)
    attempts = stored.attempts.between(intent, intent + 1)
    cohorts = block_of(due_us, attempts, stored.terms.good.latency_ms, intent).cohorts
    known = Known(int(cohorts.known[0]))
    story = story_of(key, attempts, int(due_us[0]), names=stored.names, known=known)
    return Case(
        key=key,
        asked=asked_by(stored.evidence, intent),
        story=story,
        rows=rows_of_intent(stored.evidence, intent),
    )


def _told(
    stored: StoredRun,
    check: str,
    found: Violation,
    keys: Keys,
    unusual: Sequence[tuple[str, Span]],
) -> WrongRecords:
    numbers = keys.numbers(found.names)
    intents = sorted(set(numbers.values()))
    due = dict(zip(intents, _due_s(stored, intents), strict=True))
    first = next(((name, numbers[name]) for name in found.names if name in numbers), None)
    return WrongRecords(
        check=check,
        label=found.kind.label,
        sentence=found.kind.sentence(len(found.names)),
        names=found.names,
        due={name: due[number] for name, number in numbers.items()},
        asked=_sums(stored.evidence, ASKED, intents),
        held=_held(stored.evidence, intents),
        during=tuple(_during(tuple(due.values()), unusual)),
        case=None if first is None else case_of(stored, *first),
        proof=found.proof,
    )


def _due_s(stored: StoredRun, intents: Sequence[int]) -> tuple[float, ...]:
    """When each of these intents, in ascending order, was due."""
    if not intents:
        return ()
    due_us = stored.due.span_us(intents[0], intents[-1] + 1)
    places = np.asarray(intents) - intents[0]
    return tuple((due_us[places] / US_PER_S).tolist())


def _held(evidence: Evidence, intents: Sequence[int]) -> Mapping[str, Mapping[str, int]]:
    """The sums of the tables that have an amount; a sum of zero (double entry) is left out."""
    sums = {name: _sums(evidence, name, intents) for name in evidence.key_columns}
    return {name: found for name, found in sums.items() if any(found.values())}


def _sums(evidence: Evidence, table: str, intents: Sequence[int]) -> dict[str, int]:
    columns = evidence.columns.get(table, frozenset())
    if not 0 < len(intents) <= _MOST_SUMMED or _AMOUNT not in columns:
        return {}
    currency = f"coalesce({_CURRENCY}::varchar, '')" if _CURRENCY in columns else "''"
    query = _SUM.format(currency=currency, amount=_AMOUNT, table=table)
    rows = evidence.ask(query, intents=list(intents))
    totals = map(int, rows["total"].tolist())
    return dict(zip(rows["currency"].tolist(), totals, strict=True))


def _unusual(lanes: Sequence[Lane]) -> Iterator[tuple[str, Span]]:
    for lane in lanes:
        for span in lane.spans:
            if span.state != lane.usual:
                yield f"{lane.name} was {span.state}", span


def _faults_on(faults: Sequence[FaultLife], end_s: float) -> Iterator[tuple[str, Span]]:
    for life in faults:
        if "verified" in life.at_s:
            until_s = life.at_s.get("verified_undone", end_s)
            name = f"the fault {life.name.replace('_', ' ')} of {life.target} was on"
            yield name, Span(begin_s=life.at_s["verified"], end_s=until_s, state="on")


def _during(
    due_s: Sequence[float], unusual: Sequence[tuple[str, Span]]
) -> Iterator[tuple[str, int]]:
    """How many were due while each of these was so; the times of one thing are added up."""
    at_s = np.asarray(due_s)
    within: dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]] = {}
    for name, span in unusual:
        mine = (at_s >= span.begin_s) & (at_s <= span.end_s)
        within[name] = within.get(name, np.zeros(len(at_s), np.bool_)) | mine
    for name, mine in within.items():
        if count := int(mine.sum()):
            yield name, count
