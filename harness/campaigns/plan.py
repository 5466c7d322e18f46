"""campaign.json: what a campaign is to do, fixed before its first run."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from harness.campaigns.compare.arithmetic import ArmFacts
from harness.campaigns.compare.matrix import Matrix
from harness.campaigns.compare.strategy import Compare
from harness.campaigns.gate import Gate
from harness.campaigns.objective_decision import Rule
from harness.campaigns.records import Arm, Outcome
from harness.campaigns.spread import PastSpread
from harness.campaigns.suite import Suite

PLAN_SCHEMA: Final = 1
Kind = Literal["gate", "noise", "compare"]


class PlannedExperiment(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment of the campaign; `sha256` is of its file when the campaign began."""

    name: str
    path: str
    sha256: str
    expected_s: float
    scenario: str | None = None
    rate_scale: float = 1.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a strategy and the judgement of the campaign need beside the runs.

    `stored_baseline`: the outcomes of earlier runs to compare with, by experiment. `matrix` and
    `facts` are those of a comparison.
    """

    schema: int
    kind: Kind
    squall_version: str
    started_at: str
    path: str
    suite: Suite
    experiments: tuple[PlannedExperiment, ...]
    arms: tuple[Arm, ...]
    slos: tuple[str, ...] = ()
    past: tuple[PastSpread, ...] = ()
    stored_baseline: dict[str, tuple[Outcome, ...]] = {}
    again: str = ""
    matrix: Matrix | None = None
    facts: tuple[ArmFacts, ...] = ()

    @property
    def rule(self) -> Rule:
        """How many repeats a decision takes, and the earlier spread."""
        return Rule(
            least=self.suite.repeats.least,
            most=self.suite.repeats.most,
            past={(one.experiment, one.objective): one for one in self.past},
        )


def gate_of(plan: Plan) -> Gate:
    """The strategy of a stored plan."""
    return Gate(
        experiments=tuple(one.name for one in plan.experiments),
        arms=tuple(arm.name for arm in plan.arms),
        rule=plan.rule,
        seed=plan.suite.seed,
        jitter_s=plan.suite.jitter_s,
        budget_s=plan.suite.budget_s,
        expected_s={one.name: one.expected_s for one in plan.experiments},
    )


def compare_of(plan: Plan) -> Compare:
    """The strategy of a stored plan of a comparison."""
    return Compare(
        columns=tuple(one.name for one in plan.experiments),
        arms=tuple(arm.name for arm in plan.arms),
        repeats=1 if plan.matrix is None else plan.matrix.repeats,
        seed=plan.suite.seed,
        budget_s=plan.suite.budget_s,
        expected_s={one.name: one.expected_s for one in plan.experiments},
    )
