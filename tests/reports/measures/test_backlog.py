"""The backlog is drained when no more intents are open than before the fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.inputs.stored import read_stored
from reports.measures.backlog import drained
from reports.measures.measure_run import read
from reports.measures.phases import FaultWindow
from tests.support.runs_builder import F1_S, RunsBuilder, sound_run


def after(*counts: int) -> tuple[float | None, bool]:
    """Open intents of each second after a fault from 5 s to 7.5 s; four are usual."""
    window = FaultWindow(asked_s=5, begin_s=5, end_s=7.5)
    found = drained(np.array([90, 90, 4, 3, 4, 70, 80, *counts]), 2, window)
    return found.value, found.censored


def test_it_is_drained_with_the_last_second_that_has_more_than_usual() -> None:
    assert after(60, 40, 20, 4, 3, 3) == (2.5, False)
    assert after(60, 4, 40, 4, 3) == (2.5, False)


def test_what_chance_adds_is_no_backlog() -> None:
    assert after(4, 9, 11, 3) == (0.0, False)
    assert after(4, 9, 12, 3) == (2.5, False)


def test_a_backlog_at_the_end_of_the_load_gives_a_lower_bound() -> None:
    assert after(60, 60, 60) == (2.5, True)


def test_without_a_baseline_or_a_tail_there_is_no_figure() -> None:
    counts = np.array([4, 4, 4, 4])
    assert drained(counts, 2, FaultWindow(asked_s=2, begin_s=2, end_s=3)).value is None
    assert drained(counts, 2, FaultWindow(asked_s=3, begin_s=3, end_s=4)).value is None


@given(
    counts=st.lists(st.integers(0, 100), min_size=2, max_size=20),
    where=st.integers(0, 19),
    more=st.integers(1, 100),
)
def test_more_open_intents_never_drain_earlier(counts: list[int], where: int, more: int) -> None:
    worse = list(counts)
    worse[where % len(counts)] += more
    assert (after(*worse)[0] or 0) >= (after(*counts)[0] or 0)


def waiting(run: RunsBuilder) -> None:
    """Payments due within three seconds after the fault get their answer three seconds later."""
    late = range(run.at(F1_S + 1), run.at(F1_S + 4))
    run.attempts = [a._replace(took_us=3_000_000) if a.intent in late else a for a in run.attempts]


@pytest.mark.parametrize(("change", "least"), [(None, 0.0), (waiting, 5.0)])
def test_payments_that_wait_are_seen_in_a_stored_run(
    change: object, least: float, tmp_path: Path
) -> None:
    run = sound_run(outage_s=0)
    if callable(change):
        change(run)
    value = read(read_stored(run.write(tmp_path / "run"))).measured["backlog_drained_s"].value
    assert value is not None
    assert least <= value <= least + 2.5
