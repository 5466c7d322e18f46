"""A fault is proven for its whole length and dose, or the run is INVALID."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.timeline import Scalar
from reports.measures import dose
from reports.measures.phases import FaultLife
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.fault_lives import life, share
from tests.support.runs_builder import F0_S, F1_S, KILLED, T0_NS, RunsBuilder, sound_run


def codes(card: Scorecard) -> list[str]:
    return [reason.code for reason in card.reasons]


def judged(tmp_path: Path, *changes: Callable[[RunsBuilder], None]) -> Scorecard:
    run = sound_run()
    for change in changes:
        change(run)
    return judge(run.write(tmp_path / "run"))


def add(run: RunsBuilder, stage: str, **data: Scalar) -> None:
    """More evidence with one stage of the fault."""
    run.events = [
        structs.replace(e, data={**e.data, **data}) if (e.source, e.kind) == ("fault", stage) else e
        for e in run.events
    ]


def unseen(run: RunsBuilder, begin_s: float, end_s: float) -> None:
    """No look in that time."""
    run.events = [e for e in run.events if e.kind != "held" or not begin_s < e.at_s(T0_NS) < end_s]


def conductor_stopped_while_the_lease_ran_out(run: RunsBuilder) -> None:
    unseen(run, F0_S, F0_S + 2.7)
    run.tell(F0_S + 2.0, "target", "lease_expired", ("ledger-1", ""))


def not_answered(run: RunsBuilder) -> None:
    unseen(run, F0_S + 0.2, F0_S + 2.7)
    for tenths in range(3, 27):
        run.sample(F0_S + tenths / 10, on=None, error="the target does not answer")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (conductor_stopped_while_the_lease_ran_out, "not looked at for 3.0 s"),
        (
            lambda run: run.tell(F0_S + 2, "target", "lease_expired", ("ledger-1", "")),
            "its lease ran out",
        ),
        (
            lambda run: run.tell(F0_S + 1, "target", "fault_set_again", ("ledger-1", "")),
            "had to be set again",
        ),
        (
            lambda run: run.tell(F0_S + 1, "target", "instance", ("ledger-1", ""), state="ready"),
            "the instance was ready",
        ),
        (lambda run: add(run, "undone", lease_lost="held for its maximum"), "lease was lost"),
        (lambda run: run.sample(F0_S + 1.2, on=False, state="ready"), "it was off (state ready)"),
        (lambda run: unseen(run, F0_S + 0.2, F1_S), "not looked at for 3.0 s"),
        (lambda run: unseen(run, F0_S, F1_S), "never looked at"),
        (not_answered, "not looked at for 3.0 s"),
    ],
)
def test_a_fault_that_was_not_on_for_its_whole_length_is_invalid(
    tmp_path: Path, change: Callable[[RunsBuilder], None], says: str
) -> None:
    card = judged(tmp_path, change)
    assert (card.verdict, codes(card)) == ("INVALID", ["fault_not_held"])
    assert says in card.reasons[0].text


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.tell(
            F1_S - 0.015, "target", "instance", ("ledger-1", ""), state="starting"
        ),
        lambda run: run.tell(F0_S + 1, "target", "instance", ("ledger-2", ""), state="unready"),
        lambda run: run.tell(F1_S + 1, "target", "lease_expired", ("ledger-1", "")),
        lambda run: run.sample(F1_S - 0.005, on=False, state="ready"),
        lambda run: run.sample(F0_S + 1.2, on=None, error="no answer once"),
    ],
    ids=[
        "undone",
        "another instance",
        "later",
        "after the undo",
        "one look without an answer",
    ],
)
def test_what_does_not_end_the_fault_is_no_lapse(
    tmp_path: Path, change: Callable[[RunsBuilder], None]
) -> None:
    assert judged(tmp_path, change).verdict == "PASS"


def test_the_verdict_tells_how_the_fault_was_held(tmp_path: Path) -> None:
    (fault,) = judged(tmp_path).document.faults
    held = fault.evidence["held"]
    assert (held["samples"], held["state"]) == (7, "down")
    assert held["longest_gap_s"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("per_s", [0.0, 5.0, 19.0])
def test_too_few_operations_during_the_fault_are_invalid(tmp_path: Path, per_s: float) -> None:
    full = sound_run()
    gone = range(full.at(F0_S) + int(per_s * (F1_S - F0_S)), full.at(F1_S - 0.01))
    due = [at_us for intent, at_us in enumerate(full.due_us) if intent not in gone]
    run = RunsBuilder(due, events=full.events)
    for intent in range(len(due)):
        run.pays(intent)
    card = judge(run.write(tmp_path / "run"))
    assert card.verdict == "INVALID"
    assert "fault_unobserved" in codes(card)


def exact(counted: FaultLife) -> FaultLife:
    """The same, of units that were chosen by count."""
    asked = {"percent": counted.proof["asked"]["percent"]}
    return life(asked, *({**sample.data, "exact": True} for sample in counted.samples))


@pytest.mark.parametrize(
    ("percent", "units", "touched"),
    [(20, 400, 1), (20, 400, 0), (20, 2000, 200), (20, 2000, 800), (100, 2000, 1500), (1, 5000, 0)],
)
def test_another_share_than_the_one_asked_is_not_held(
    percent: float, units: int, touched: int
) -> None:
    assert "asked for" in dose.wrong(share(percent, units, touched))


@pytest.mark.parametrize(
    ("percent", "units", "touched"), [(20, 5, 1), (20, 0, 0), (1, 60, 1), (100, 2, 2), (50, 4, 2)]
)
def test_too_few_units_prove_no_share(percent: float, units: int, touched: int) -> None:
    few = share(percent, units, touched)
    assert dose.wrong(few) == ""
    assert "too few" in dose.unseen(few) or "nothing crossed" in dose.unseen(few)


def test_connections_that_are_chosen_by_count_prove_a_share_however_few_they_are() -> None:
    few = share(25, 8, 2)
    assert "too few" in dose.unseen(few)
    assert (dose.unseen(exact(few)), dose.wrong(exact(few))) == ("", "")
    assert "none of 8 connections" in dose.unseen(exact(share(1, 8, 0)))


@pytest.mark.parametrize(
    ("percent", "units", "touched"),
    [
        (20, 2000, 400),
        (20, 2000, 370),
        (100, 2000, 1990),
        (100, 8, 8),
        (1, 5000, 47),
        (0.5, 9000, 45),
    ],
)
def test_the_share_that_was_asked_is_proven(percent: float, units: int, touched: int) -> None:
    sound = share(percent, units, touched)
    assert (dose.wrong(sound), dose.unseen(sound)) == ("", "")


@settings(max_examples=200, deadline=None)
@given(st.integers(200, 5_000), st.floats(1, 100), st.integers(0, 2**32))
def test_chance_alone_is_never_another_dose(n: int, percent: float, seed: int) -> None:
    hits = np.random.default_rng(seed).random(n) * 100 < percent
    so_far = np.concatenate(([0], np.cumsum(hits))).tolist()
    looks = ({"units": units, "touched": so_far[units]} for units in (0, n // 2, n))
    assert dose.wrong(life({"percent": percent}, *looks)) == ""


def test_a_share_that_fades_is_not_held() -> None:
    """92 % over its whole length would do; its later half shows 84 %."""
    touched = [0, *range(1000, 6000, 1000), 5_800, 6_600, 7_400, 8_400, 9_200]
    looks = ({"units": 1000 * i, "touched": count} for i, count in enumerate(touched))
    assert "in its later half" in dose.wrong(life({"percent": 100}, *looks))


def test_a_share_that_nobody_counted_is_not_held() -> None:
    assert "did not count" in dose.wrong(life({"percent": 20}, {"state": "on"}))


@pytest.mark.parametrize(
    ("look", "says"),
    [
        ({"touched": 100, "delay_ms": 100 * 40.0}, "delayed by 40.0 ms"),
        ({"touched": 100, "delay_ms": 100 * 500.0}, "delayed by 500.0 ms"),
        ({"touched": 100, "set_ms": 40.0}, "set to 40 ms"),
        ({"touched": 100}, "did not report the delay"),
    ],
)
def test_another_delay_than_the_one_asked_is_not_held(look: dict[str, Scalar], says: str) -> None:
    assert says in dose.wrong(life({"latency_ms": 400}, look))


@pytest.mark.parametrize(
    "look",
    [{"touched": 100, "delay_ms": 100 * 405.0}, {"touched": 100, "set_ms": 400.0}],
)
def test_the_delay_that_was_asked_is_proven(look: dict[str, Scalar]) -> None:
    assert dose.wrong(life({"latency_ms": 400}, look)) == ""


def test_an_edge_that_nothing_crossed_proves_nothing(tmp_path: Path) -> None:
    """The judge compares the counters of any fault that was asked with a share."""

    def without_traffic(run: RunsBuilder) -> None:
        add(run, "asked", percent=100.0)
        add(run, "held", units=0, touched=0)

    card = judged(tmp_path, without_traffic)
    assert (card.verdict, codes(card)) == ("INVALID", ["fault_unobserved"])
    assert KILLED[1] in card.reasons[0].text


def dying(times: int, asked: int) -> Callable[[RunsBuilder], None]:
    """A fault that asked for `asked` deaths, and an instance that died `times` times."""

    def change(run: RunsBuilder) -> None:
        add(run, "asked", deaths=asked)
        add(run, "held", deaths=times)
        for number in range(times):
            at_s = F0_S + 0.3 + number / 10
            run.tell(at_s, "target", "instance", ("ledger-1", ""), state="down")

    return change


def test_an_instance_that_died_as_often_as_asked_was_under_its_fault(tmp_path: Path) -> None:
    assert "fault_not_held" not in codes(judged(tmp_path, dying(5, 5)))


def test_fewer_deaths_than_asked_are_another_dose(tmp_path: Path) -> None:
    card = judged(tmp_path, dying(4, 5))
    assert codes(card)[0] == "fault_not_held"
    assert "asked for 5 deaths, 4 seen" in card.reasons[0].text


def test_deaths_that_nobody_counted_are_no_deaths(tmp_path: Path) -> None:
    card = judged(tmp_path, lambda run: add(run, "asked", deaths=1))
    assert "did not count the deaths" in card.reasons[0].text


ODD: tuple[Scalar, ...] = (None, -1, 0, 1, 1e308, -1e308, 10**400, True, "many", 150)


def test_a_counter_that_went_back_is_not_held_and_no_error() -> None:
    """The target was started again while the fault was on."""
    looks = [{"units": units, "touched": units // 5} for units in (100, 600, 90)]
    assert "went back" in dose.wrong(life({"percent": 20.0}, *looks))


@pytest.mark.parametrize("percent", [0.0, -20.0, 150.0, 1e300])
def test_a_percentage_that_is_no_share_is_not_held(percent: float) -> None:
    assert dose.wrong(share(percent, 1000, 200))


@pytest.mark.parametrize("key", ["units", "touched", "delay_ms", "set_ms"])
@pytest.mark.parametrize("asked", [{"percent": 20.0}, {"latency_ms": 100.0, "jitter_ms": 5.0}])
def test_odd_figures_of_a_target_are_never_an_error(asked: dict[str, Scalar], key: str) -> None:
    for value in ODD:
        for place in range(4):
            looks: list[dict[str, Scalar]] = [
                {"units": 100 * n, "touched": 20 * n, "delay_ms": 2000.0 * n} for n in range(1, 5)
            ]
            looks[place][key] = value
            assert isinstance(
                dose.wrong(life(asked, *looks)) + dose.unseen(life(asked, *looks)), str
            )
