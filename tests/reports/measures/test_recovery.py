"""Recovery time against known truth, and what must never change it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.measures.degraded import ALPHA, P1, segments
from reports.measures.recovery import (
    Baseline,
    Recovery,
    Trace,
    baseline,
    measure,
)
from tests.support.runs_traces import F0_S, known_trace, seconds, trace_of

TRACES = 150
CLEAN = Baseline(arrivals=6000, good_ratio=0.999)
Flags = npt.NDArray[np.bool_]


def measured(trace: Trace) -> Recovery:
    return measure(trace, baseline(trace))


@pytest.mark.parametrize(
    ("per_s", "bad", "limit_s"), [(200, 0.1, 0.35), (200, 1.0, 0.05), (50, 0.3, 0.46)]
)
def test_the_recovery_time_is_true_to_a_fraction_of_a_second(
    per_s: float, bad: float, limit_s: float
) -> None:
    errors, second_episodes = [], 0
    for seed in range(TRACES):
        outage_s = 10 + 20 * (seed / TRACES)
        found = measured(known_trace(seed, outage_s, per_s=per_s, bad=bad))
        errors.append(abs(found.stable_recovery_s - outage_s))
        second_episodes += len(found.episodes) != 1
    assert np.percentile(errors, 95) <= limit_s
    assert second_episodes == 0


def test_no_episode_is_seen_where_there_was_no_fault() -> None:
    found = [
        measured(known_trace(seed, 15, per_s=200, bad=base, base=base))
        for seed in range(TRACES)
        for base in (0.001, 0.005)
    ]
    assert [r for r in found if r.episodes or r.micro_dips] == []
    assert {(r.stable_recovery_s, r.censored) for r in found} == {(0.0, False)}
    assert max(r.lost_s for r in found) < 0.2, "a few bad requests more than before in some seconds"


def test_lost_seconds_are_the_area_of_the_outage() -> None:
    full = measured(known_trace(3, 12, per_s=200, bad=1.0))
    part = measured(known_trace(3, 12, per_s=200, bad=0.3))
    assert full.lost_s == pytest.approx(12, abs=0.3)
    assert part.lost_s == pytest.approx(3.6, abs=0.5)


def spans(*bad_spans: tuple[float, float], end_s: float = 90, fault_s: float = 10) -> Trace:
    """200 arrivals a second like a clock, all good but in the spans (seconds after f0)."""
    due = np.arange(0, end_s, 0.005)
    bad = np.zeros(len(due), dtype=np.bool_)
    for begin, end in bad_spans:
        bad |= (due >= F0_S + begin) & (due < F0_S + end)
    return trace_of(due, bad, end_s, fault_s)


def test_a_second_dip_within_the_hold_belongs_to_the_same_episode() -> None:
    found = measured(spans((0, 12), (15, 20)))
    assert len(found.episodes) == 1
    assert found.first_recovery_s == pytest.approx(12, abs=0.01)
    assert found.stable_recovery_s == pytest.approx(20, abs=0.01)


def test_a_second_dip_after_the_hold_moves_stable_but_not_first_recovery() -> None:
    found = measured(spans((0, 12), (25, 30)))
    assert len(found.episodes) == 2
    assert found.first_recovery_s == pytest.approx(12, abs=0.01)
    assert found.stable_recovery_s == pytest.approx(30, abs=0.01)
    assert found.recovery_after_clear_s == pytest.approx(20, abs=0.01)


def test_a_lone_dip_is_listed_and_is_no_episode() -> None:
    found = measured(spans((3, 3.3)))
    assert found.episodes == ()
    assert [(round(d.begin_s - F0_S, 2), round(d.end_s or 0, 2)) for d in found.micro_dips] == [
        (3.0, F0_S + 3.3)
    ]
    assert (found.stable_recovery_s, found.time_to_degrade_s) == (0, None)
    assert found.lost_s == pytest.approx(0.3, abs=0.01), "each bad request counts"


def test_dips_within_the_hold_of_each_other_are_one_episode() -> None:
    found = measured(spans((0, 0.3), (5, 5.3), (8, 8.3)))
    assert (len(found.episodes), found.micro_dips) == (1, ())
    assert found.stable_recovery_s == pytest.approx(8.3, abs=0.01)
    assert found.lost_s == pytest.approx(0.9, abs=0.01)


def test_dips_further_apart_than_the_hold_stay_dips() -> None:
    found = measured(spans((0, 0.3), (12, 12.3), (24, 24.3)))
    assert (found.episodes, len(found.micro_dips)) == ((), 3)
    assert found.lost_s == pytest.approx(0.9, abs=0.01)


def test_a_short_outage_that_the_load_did_not_outlast_is_no_dip() -> None:
    found = measured(spans((59.8, 60)))
    assert len(found.episodes) == 1
    assert found.censored


def test_an_episode_tells_its_bad_requests_and_its_worst_second() -> None:
    found = measured(spans((0, 2), (4, 4.1)))
    (episode,) = found.episodes
    assert (episode.arrivals, episode.bad, episode.worst_bad_ratio) == (820, 420, 1.0)
    assert (found.arrivals, found.bad) == (12_020, 420)


def test_what_never_recovers_is_a_lower_bound_and_never_nothing() -> None:
    found = measured(spans((0, 60)))
    assert found.censored
    assert found.first_censored
    assert found.stable_recovery_s == pytest.approx(60)


def test_less_than_the_hold_of_good_traffic_is_no_recovery() -> None:
    assert measured(spans((0, 51))).censored
    assert not measured(spans((0, 49))).censored


def test_what_was_over_before_the_fault_was_gone_needs_no_recovery_after_it() -> None:
    found = measured(spans((1, 4)))
    assert found.time_to_degrade_s == pytest.approx(1, abs=0.01)
    assert found.stable_recovery_s == pytest.approx(4, abs=0.01)
    assert found.recovery_after_clear_s == 0


def test_where_nobody_felt_the_fault_no_recovery_is_counted_from_its_end() -> None:
    assert measured(spans()).recovery_after_clear_s == 0


def test_payments_in_flight_as_the_fault_began_felt_it_at_once() -> None:
    trace = replace(spans((-0.9, -0.2)), in_flight_s=1.0)
    found = measure(trace, CLEAN)
    assert len(found.episodes) == 1
    assert found.episodes[0].end_s == pytest.approx(F0_S - 0.2, abs=0.01)
    assert found.time_to_degrade_s == 0
    assert (found.first_recovery_s, found.stable_recovery_s) == (0, 0)


def test_seconds_in_which_nothing_was_scheduled_pause_every_clock() -> None:
    whole = spans((0, 12))
    due_s = seconds(whole)
    silent = (due_s >= F0_S + 5) & (due_s < F0_S + 10)
    trace = trace_of(due_s[~silent], ~whole.good[~silent], 90, 10)
    assert measured(trace).stable_recovery_s == pytest.approx(7, abs=0.02)
    assert trace.known.between(F0_S, F0_S + 12) == pytest.approx(7, abs=0.02)
    assert trace.known.between(F0_S + 12, F0_S) == pytest.approx(-7, abs=0.02)


def test_the_silence_after_the_last_arrival_is_no_hold() -> None:
    whole = spans((0, 12))
    heard = seconds(whole) < F0_S + 20
    assert measured(trace_of(seconds(whole)[heard], ~whole.good[heard], 90, 10)).censored


def plain_segments(bad: list[bool], p0: float) -> list[tuple[int, int | None]]:
    """The definition, request by request: the oracle of the quick one."""
    limit = round(math.log(len(bad) / ALPHA) * 1e6)
    for_bad = round(math.log(P1 / p0) * 1e6)
    for_good = round(math.log((1 - P1) / (1 - p0)) * 1e6)
    found: list[tuple[int, int | None]] = []
    degraded, total, since, onset = False, 0, 0, 0
    for place, is_bad in enumerate(bad):
        weight = for_bad if is_bad else for_good
        total = max(0, total + (-weight if degraded else weight))
        if total == 0:
            since = place + 1
        elif total > limit:
            if degraded:
                found.append((onset, since))
            else:
                onset = since
            degraded, total, since = not degraded, 0, place + 1
    if degraded:
        found.append((onset, since if since < len(bad) else None))
    return found


@st.composite
def stretches(draw: st.DrawFn) -> Flags:
    """Good and bad stretches with noise, as faults make them."""
    parts = draw(
        st.lists(st.tuples(st.integers(1, 1500), st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0])))
    )
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    bad = [random.random(size) < share for size, share in parts]
    return np.concatenate([np.zeros(1, dtype=np.bool_), *bad])


@settings(max_examples=60, deadline=None)
@given(stretches())
def test_the_quick_walk_finds_the_same_episodes_as_the_plain_one(bad: Flags) -> None:
    assert segments(bad, 0.005) == plain_segments(bad.tolist(), 0.005)


def test_a_thousand_random_traces_have_the_same_episodes_as_the_plain_walk() -> None:
    for seed in range(1000):
        draw = np.random.default_rng(seed)
        shares = draw.choice([0.0, 0.001, 0.005, 0.02, 0.1, 0.5, 1.0], size=draw.integers(1, 9))
        bad = np.concatenate([draw.random(draw.integers(1, 700)) < share for share in shares])
        base = float(draw.choice([P1 / 10, 0.01, P1 / 3]))
        assert segments(bad, base) == plain_segments(bad.tolist(), base), f"seed {seed}"


def test_episodes_that_cross_many_chunks_are_the_same_as_those_of_the_plain_walk() -> None:
    draw = np.random.default_rng(5)
    bad = draw.random(400_000) < 0.004
    for begin, end, share in ((900, 1100, 1.0), (60_000, 200_000, 0.3), (399_000, 400_000, 0.2)):
        bad[begin:end] = draw.random(end - begin) < share
    found = segments(bad, 0.005)
    assert found == plain_segments(bad.tolist(), 0.005)
    assert len(found) == 3


def recovery_of(bad: Flags, per_s: int = 100) -> Recovery:
    due = np.asarray(F0_S + np.arange(len(bad)) / per_s, dtype=np.float64)
    return measure(trace_of(due, bad, F0_S + (len(bad) + 1) / per_s, 1), CLEAN)


@settings(max_examples=100, deadline=None)
@example(np.array([True] * 30 + [False] * 20 + [True] + [False] * 300), 5)
@given(stretches(), st.integers(0, 10_000))
def test_more_bad_requests_never_shorten_recovery(bad: Flags, seed: int) -> None:
    random = np.random.default_rng(seed)
    worse = bad | (random.random(len(bad)) < random.choice([0.001, 0.02, 0.2]))
    assert_no_better(recovery_of(worse), recovery_of(bad))


@settings(max_examples=100, deadline=None)
@given(stretches(), st.integers(0, 10_000), st.sampled_from([4, 10, 50, 300]))
def test_one_more_bad_request_never_shortens_recovery(bad: Flags, seed: int, per_s: int) -> None:
    at = np.random.default_rng(seed).integers(0, len(bad), 5)
    before = recovery_of(bad, per_s)
    for place in at.tolist():
        bad = bad.copy()
        bad[place] = True
        after = recovery_of(bad, per_s)
        assert_no_better(after, before)
        before = after


def assert_no_better(worse: Recovery, found: Recovery) -> None:
    assert worse.stable_recovery_s >= found.stable_recovery_s
    assert worse.censored or not found.censored
    assert worse.lost_s >= found.lost_s - 1e-9
    assert worse.episodes or not found.episodes


def test_a_million_requests_are_walked_in_one_pass() -> None:
    bad = np.zeros(1_000_000, dtype=np.bool_)
    bad[400_000:450_000] = True
    (onset, end) = segments(bad, 0.005)[0]
    assert (onset, end) == (400_000, 450_000)
    assert all(a <= b for a, b in pairwise((onset, end or 0)))
