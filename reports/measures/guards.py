"""What the guards of the system absorbed: events `guard` of its services, by name.

A service counts at its guard (an idempotency key, a transfer id, a sweeper, a breaker) and writes
an event with `absorbed`. Without an event a guard has absorbed nothing, as far as anybody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from harness.timeline import Event
from reports.measures.outcomes import Outcomes
from reports.measures.reason import Reason

GUARD: Final = "guard"


def absorbed(events: Iterable[Event]) -> dict[str, int]:
    """How often each guard did its work, at least."""
    found: Counter[str] = Counter()
    for event in events:
        count = event.data.get("absorbed")
        if event.kind == GUARD and isinstance(count, int) and not isinstance(count, bool):
            found[event.name] += max(count, 0)
    return dict(sorted(found.items()))


def about_guards(
    required: Sequence[str], seen: Mapping[str, int], outcomes: Outcomes
) -> list[Reason]:
    """Each required guard that absorbed nothing; the run says nothing about what is behind it."""
    idle = [name for name in required if not seen.get(name)]
    return [Reason(code="guard_idle", text=_text(name, outcomes)) for name in idle]


def _text(name: str, outcomes: Outcomes) -> str:
    started = outcomes.acknowledged + outcomes.refused + outcomes.unknown
    further = max(outcomes.attempts - started, 0)
    if further:
        text = f"The guard {name} absorbed nothing although {further:,} attempts were repeated"
        return f"{text}: it may be missing, and something else hid that."
    return f"The guard {name} absorbed nothing, for no attempt was repeated: it was not tested."
