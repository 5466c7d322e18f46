"""A comparison whose runs are made up: each arm carries what is stated, with chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from harness.campaigns.compare.arithmetic import ArmFacts, Used
from harness.campaigns.compare.matrix import (
    Column,
    Knee,
    Matrix,
    MatrixArm,
    Prices,
    Scaling,
)
from harness.campaigns.plan import PLAN_SCHEMA, Plan, PlannedExperiment
from harness.campaigns.records import Arm, Load, Measure, Outcome, Request
from harness.campaigns.suite import Repeats, Suite

SIZES = {"one": 1, "two": 2, "three": 3, "two small": 2}
CARRIED = {"one": 300.0, "two": 520.0, "three": 530.0, "two small": 515.0}
LOST = {"one": 9.0, "two": 0.6, "three": 0.2, "two small": 0.7}


def stub_comparison(
    sizes: Mapping[str, int] = SIZES, *, repeats: int = 3, budget_s: float = 3600
) -> Plan:
    """A ramp and a fault for each arm; one instance costs 30.00 a month, the rest 90.00."""
    arms = tuple(MatrixArm(name=name) for name in sizes)
    matrix = Matrix(
        name="stub",
        budget_s=budget_s,
        repeats=repeats,
        arms=arms,
        columns=(
            Column(name="capacity", experiment="capacity.yaml", ramp=True),
            Column(name="kill", experiment="kill.yaml"),
        ),
        knee=Knee(p99_ms=250),
        scaling=(Scaling(name="replicas", service="ledger", arms=tuple(sizes)),),
        prices=Prices(currency="EUR", month_minor={"ledger": 3000}),
    )
    return Plan(
        schema=PLAN_SCHEMA,
        kind="compare",
        squall_version="0.1.0",
        started_at="2026-01-01T00:00:00+00:00",
        path="runs/stub/20260101T000000Z",
        suite=Suite(
            name="stub",
            budget_s=budget_s,
            repeats=Repeats(least=2, most=max(repeats, 2)),
            experiments=("capacity", "kill"),
        ),
        experiments=tuple(
            PlannedExperiment(name=column.name, path="x.yaml", sha256="", expected_s=50)
            for column in matrix.columns
        ),
        arms=tuple(Arm(name=name, system="system.yaml") for name in sizes),
        again="squall compare stub.yaml",
        matrix=matrix,
        facts=tuple(
            ArmFacts(
                name=name,
                replicas={"ledger": size, "postgres": 1},
                connections=(
                    Used(database="postgres", limit=117, used=size * 16, sum=f"{size} x 16 ledger"),
                ),
                month_minor=9000 + 3000 * size,
            )
            for name, size in sizes.items()
        ),
    )


def made_up(
    carried: Mapping[str, float] = CARRIED,
    lost: Mapping[str, float] = LOST,
    *,
    sd: float = 0.02,
    seed: int = 1,
) -> Callable[[Request], Outcome]:
    """Outcomes of these means; the seed of a repeat moves all its arms alike."""

    def outcome(request: Request) -> Outcome:
        hour = random.Random(f"hour {seed} {request.seed}").lognormvariate(0, 0.1)
        draw = random.Random(f"{seed} {request}")
        chance = hour * draw.lognormvariate(0, sd)
        if request.experiment == "capacity":
            return ramp_outcome(carried[request.arm] * chance)
        measures = (
            Measure(metric="lost_s", must="<=", unit="s", value=lost[request.arm] * chance),
            Measure(metric="latency_ms_p99", must="<=", unit="ms", value=80 * chance),
        )
        return Outcome(verdict="PASS", measures=measures)

    return outcome


def ramp_outcome(rate_per_s: float | None, *, at_least: bool = False) -> Outcome:
    """A run of a ramp on a full machine."""
    measure = Measure(
        metric="capacity_per_s", must=">=", unit="per_s", value=rate_per_s, at_least=at_least
    )
    load = Load(machine=0.97, cores=2.0, processes={"ledger-1": 0.6, "postgres": 0.4})
    why = f"p99 300 ms at {rate_per_s or 0:.0f}/s"
    return Outcome(verdict="PASS", measures=(measure,), load=load, remarks=(why,))
