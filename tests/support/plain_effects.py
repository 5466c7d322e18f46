"""The check `effects` by its rules in docs/invariants.md, intent by intent: the oracle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.measures.cohorts import Known
from tests.support.memory_tables import Row

Found = dict[str, tuple[str, ...]]


@dataclass(slots=True)
class Orders:
    """What clients of a shop know, and what its table holds; `known` None: no effect claimed."""

    prefix: str
    known: list[Known | None] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    def key(self, intent: int) -> str:
        return f"{self.prefix}-{intent}"


def plain_effects(orders: Orders) -> Found:
    """The violations, by class; rows with status `declined` are no effects, `open` ones unended."""
    by_key: dict[object, list[Row]] = defaultdict(list)
    for row in orders.rows:
        by_key[row["id"]].append(row)
    found: dict[str, list[str]] = defaultdict(list)
    for intent, known in enumerate(orders.known):
        rows = by_key.pop(orders.key(intent), [])
        for kind in _judge(known, rows, orders.asked[intent]):
            found[kind].append(orders.key(intent))
    strangers = {str(key) for key in by_key if str(key).startswith(f"{orders.prefix}-")}
    found["effect_unknown_key"] = sorted(strangers)
    return {kind: tuple(names) for kind, names in found.items() if names}


def _judge(known: Known | None, rows: Sequence[Row], asked: int) -> set[str]:
    if known is None:
        return set()
    effects = [row for row in rows if row["status"] != "declined"]
    found = set()
    if len(effects) > 1:
        found.add("effect_doubled")
    if known is Known.CAPTURED and not effects:
        found.add("effect_lost")
    if known in (Known.REFUSED, Known.UNSTARTED) and effects:
        found.add("effect_ghost")
    if any(row["total_minor"] != asked for row in effects):
        found.add("effect_differs")
    if not found and any(row["status"] == "open" for row in rows):
        found.add("effect_unresolved")
    return found
