"""Attempts per call of each edge come from the events of the services alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.timeline import Event, Scalar
from reports.measures.edge_attempts import edge_attempts, of_edge, worst
from reports.verdict.judge import judge
from reports.verdict.scorecard import ObjectiveResult
from tests.support.runs_builder import F0_S, RunsBuilder, sound_run

LEDGER, BANK = "payments>ledger", "payments>bank"
LIMIT = '      - {{name: repeats, metric: attempts_per_call, must: "<=", limit: 1.5{edge}}}\n'


def told(at_s: float, edge: str, calls: Scalar, attempts: Scalar) -> Event:
    ns = round(at_s * 1e9)
    return Event(
        mono_ns=ns,
        wall_ns=ns,
        source="service",
        kind="calls",
        name=edge,
        target="payments-1",
        data={"calls": calls, "attempts": attempts},
    )


def test_counts_are_summed_up_from_the_fault_on() -> None:
    events = [told(9, LEDGER, 50, 400), told(10, LEDGER, 10, 10), told(11, LEDGER, 10, 30)]
    found = edge_attempts([*events, told(12, BANK, 5, 5)], 0, 10)
    assert {edge: (one.calls, one.attempts, one.per_call) for edge, one in found.items()} == {
        LEDGER: (20, 40, 2.0),
        BANK: (5, 5, 1.0),
    }
    assert (worst(found).value, of_edge(found, BANK).value) == (2.0, 1.0)


def test_an_edge_of_which_nobody_tells_has_no_figure() -> None:
    found = edge_attempts([told(11, BANK, 5, 5)], 0, 10)
    assert of_edge(found, LEDGER).value is None
    assert worst({}).value is None


@pytest.mark.parametrize(
    ("calls", "attempts"), [(-1, 5), (5, -1), (True, 5), (2.5, 5), ("5", 5), (None, 5), (5, 4)]
)
def test_what_is_no_count_gives_no_figure(calls: Scalar, attempts: Scalar) -> None:
    found = edge_attempts([told(11, LEDGER, calls, attempts), told(11, BANK, 9, 9)], 0, 10)
    assert of_edge(found, LEDGER).value is None
    assert worst(found).value is None, "it may be the worst one"
    assert of_edge(found, BANK).value == 1.0


def repeats(run: RunsBuilder) -> None:
    run.tell(F0_S - 1, "service", "calls", (BANK, "payments"), calls=90, attempts=720)
    run.tell(F0_S + 1, "service", "calls", (LEDGER, "payments"), calls=90, attempts=180)
    run.tell(F0_S + 1, "service", "calls", (BANK, "payments"), calls=90, attempts=90)


def judged(run: RunsBuilder, tmp_path: Path, edge: str = "") -> tuple[str, ObjectiveResult]:
    """The verdict of a run with a limit of 1.5 attempts on an edge, or on the worst one."""
    limit = LIMIT.format(edge=f', edge: "{edge}"' if edge else "")
    run.experiment = run.experiment.replace("    objectives:\n", f"    objectives:\n{limit}")
    card = judge(run.write(tmp_path / "run"))
    return card.verdict, card.document.objectives[0]


@pytest.mark.parametrize(
    ("edge", "value", "verdict"), [("", 2.0, "FAIL"), (LEDGER, 2.0, "FAIL"), (BANK, 1.0, "PASS")]
)
def test_an_objective_limits_the_edge_that_it_names_or_the_worst(
    edge: str, value: float, verdict: str, tmp_path: Path
) -> None:
    run = sound_run(rate=70)
    repeats(run)
    found, objective = judged(run, tmp_path, edge)
    assert (found, objective.value, objective.unit) == (verdict, value, "attempts")


def test_an_objective_on_an_edge_without_counts_never_passes(tmp_path: Path) -> None:
    verdict, objective = judged(sound_run(rate=70), tmp_path)
    assert (verdict, objective.verdict, objective.value) == ("FAIL", "missing", None)
