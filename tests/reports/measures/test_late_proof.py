"""A fault whose proof comes some time after its effect, as on a cluster."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec import structs

from harness.load.traffic import Steady, arrivals_us
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, LOAD_S, T0_NS, RunsBuilder

HARM_S = 1.5


def judged(tmp_path: Path, asked_s: float) -> Scorecard:
    """Every payer asks twice in the `HARM_S` before the proof."""
    due = arrivals_us(Steady(per_s=150), LOAD_S, 11)
    run, draw = RunsBuilder(due), random.Random(11)
    for intent, due_us in enumerate(due):
        if F0_S - HARM_S <= due_us / 1e6 < F0_S:
            run.retries(intent)
        else:
            run.pays(intent, took_ms=15 + 10 * draw.random())
    run.fault()
    run.events = [
        structs.replace(e, mono_ns=T0_NS + round(asked_s * 1e9)) if e.kind == "asked" else e
        for e in run.events
    ]
    return judge(run.write(tmp_path / "run"))


def test_what_a_fault_does_before_its_proof_is_counted_as_its_effect(tmp_path: Path) -> None:
    card = judged(tmp_path, asked_s=F0_S - HARM_S - 0.1)
    assert card.verdict == "PASS"
    recovery = card.document.recovery
    assert recovery is not None
    assert recovery.lost_s == pytest.approx(HARM_S, abs=0.3)
    assert recovery.episodes is not None
    assert len(recovery.episodes) == 1


def test_what_came_before_the_asking_belongs_to_the_baseline(tmp_path: Path) -> None:
    card = judged(tmp_path, asked_s=F0_S - 0.02)
    assert "baseline_dirty" in {reason.code for reason in card.reasons}
