"""compare.json: the arms side by side, with everything that the comparison rests on."""

from __future__ import annotations

from typing import Final

import msgspec

from harness.campaigns.compare.arithmetic import ArmFacts
from harness.campaigns.compare.differences import Compared
from harness.campaigns.compare.saturation import Saturated
from harness.campaigns.compare.scaling_law import Law
from harness.campaigns.gate_document import AttemptLine, Decision
from harness.campaigns.records import Why

COMPARE_SCHEMA: Final = 1
CAPACITY: Final = "capacity_per_s"
COST: Final = "cost_minor_per_million"
PRICE: Final = "price_minor_a_month"


class AtLimit(msgspec.Struct, frozen=True, kw_only=True):
    """What was at its limit in one column, and how the knee showed in each repeat."""

    column: str
    resources: tuple[Saturated, ...]
    why: tuple[str, ...] = ()


class ArmRow(msgspec.Struct, frozen=True, kw_only=True):
    """One arm. `dominated_by`: the arms that are better in something and worse in nothing."""

    facts: ArmFacts
    on_front: bool
    dominated_by: tuple[str, ...]
    at_limit: tuple[AtLimit, ...]


class LawPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One size of a series: what was measured, and what the law says."""

    arm: str
    size: int
    capacity: float | None
    by_law: float | None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The law of scaling over some arms; `law` null: `why` says what it lacks."""

    name: str
    service: str
    column: str
    points: tuple[LawPoint, ...]
    law: Law | None
    why: str = ""


class CompareFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which campaign this was; `again` is the command that repeats it."""

    path: str
    squall_version: str
    started_at: str
    seed: int
    repeats: int
    budget_s: float
    spent_s: float
    again: str


class CompareDocument(msgspec.Struct, frozen=True, kw_only=True):
    """compare.json. `figures` are compared: each column's own figure, and the cost.

    `details` are shown without intervals. `front`: the arms that no other dominates.
    """

    schema: int
    matrix: str
    question: str
    decision: Decision
    reasons: tuple[Why, ...]
    front: tuple[str, ...]
    arms: tuple[ArmRow, ...]
    figures: tuple[Compared, ...]
    details: tuple[Compared, ...]
    series: tuple[Series, ...]
    currency: str
    attempts: tuple[AttemptLine, ...]
    campaign: CompareFacts
