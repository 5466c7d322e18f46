"""gate.json: the decision of a gate with everything it rests on."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.containment import Containment
from harness.campaigns.records import Request, RunVerdict, Why
from harness.campaigns.regression import Regression
from harness.campaigns.score import Score

Decision = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]
GATE_SCHEMA = 1


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, counted or not. `verdict` null: no run could be judged."""

    number: int
    request: Request
    run: str
    took_s: float
    counted: bool
    verdict: RunVerdict | None
    points: float | None = None
    reasons: tuple[Why, ...]


class GateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which campaign this was; `again` is the command that repeats it."""

    path: str
    squall_version: str
    started_at: str
    seed: int
    least: int
    most: int
    jitter_s: float
    budget_s: float
    spent_s: float
    again: str


class GateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """gate.json. `needs`: how many more runs would decide it, null if not known or decided.

    `scores` are of the experiments, in their order; `score` is of the suite.
    """

    schema: int
    suite: str
    question: str
    decision: Decision
    reasons: tuple[Why, ...]
    needs: int | None
    experiments: tuple[CellDecision, ...]
    regressions: tuple[Regression, ...] = ()
    scores: tuple[Score, ...] = ()
    score: Score = Score()
    containment: Containment = Containment()
    attempts: tuple[AttemptLine, ...]
    campaign: GateFacts
