"""A scenario is built and its load is counted before the start; a step is a curve."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from harness.load.check import MIN_BASELINE, Build, CurveData, Span, load_problems
from harness.load.traffic import Rise, Spike
from reports.measures.recovery import MIN_BASELINE as JUDGED_BASELINE

PAYING = "from locust import FastHttpUser\nfrom harness.load.locust.open_loop import OpenLoop\n"
SPAN = Span(
    baseline_begin_s=5,
    fault_begin_s=25,
    fault_end_s=35,
    load_s=60,
    seed=11,
    rate_scale=1.0,
)


def test_a_step_is_a_curve() -> None:
    spike = Spike(base_per_s=60, peak_per_s=120, rise_at_s=8, rise_s=0, hold_s=10, fall_s=0)
    assert [spike.rate(at) for at in (7.9, 8.0, 17.9, 18.0)] == [60, 120, 120, 60]
    rise = Rise(from_per_s=1, to_per_s=2, rise_s=0)
    assert rise.rate(0.0) == 2
    assert not load_problems(CurveData(kind="Spike", fields=fields(spike)), SPAN)


def fields(spike: Spike) -> dict[str, float]:
    return {name: getattr(spike, name) for name in Spike.__slots__}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (CurveData(kind="Steady", fields={"per_s": 0.0}), "0 arrivals in the baseline"),
        (CurveData(kind="Steady", fields={"per_s": 10.0}), "the verdict needs 300"),
        (CurveData(kind="Steady", fields={"per_s": -1.0}), "per_s=-1.0"),
        (CurveData(kind="Steady", fields={"per_s": math.nan}), "per_s=nan"),
        (CurveData(kind="Steady", fields={"per_s": 200_000.0}), "more than 100000/s"),
        (CurveData(kind="Steady", fields={"per_s": 99_000.0}), "arrivals, more than 5000000"),
        (CurveData(rates=(1.0, math.inf), highest=math.inf, load_s=60), "not finite"),
        (CurveData(rates=(9.0, 90.0), highest=10.0, load_s=60), "above its `highest`"),
        (CurveData(wrong="its import ended the process"), "ended the process"),
    ],
)
def test_a_load_that_no_verdict_can_come_from_is_refused(data: CurveData, said: str) -> None:
    assert any(said in text for text in load_problems(data, SPAN))


def test_the_judge_and_the_check_want_the_same_baseline() -> None:
    assert MIN_BASELINE == JUDGED_BASELINE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CURVE = 3\n", "no user class"),
        ("import nothing_of_the_kind\nCURVE = 1\n", "in line 1"),
        ("from harness.traffic import Steady\nCURVE = 1\n", "write harness.load.traffic instead"),
        ("import scenarios.paying_user\nCURVE = 1\n", "write scenarios.payment_users"),
        ("CURVE = 1\nraise SystemExit(3)\n", "SystemExit"),
        ("CURVE = (\n", "SyntaxError"),
        (
            f"{PAYING}CURVE = 3\nclass P(OpenLoop, FastHttpUser):\n    curve = CURVE\n",
            "cannot be drawn",
        ),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_the_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    place = tmp_path / "broken.py"
    place.write_text(text)
    build = Build(str(place), 60.0)
    assert any(said in wrong for wrong in load_problems(build.data(), SPAN))
    build.stop()
