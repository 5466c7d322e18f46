"""Where a run is cut into blocks, and how its records lie in files, changes no figure."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import StoredRunError
from harness.load.records import OUTCOME_SHIFT, Outcome
from harness.load.traffic import write_schedule
from reports.inputs.attempts import RECORD, AttemptFiles, Records
from reports.inputs.schedule import Ints, Schedule, blocks, place
from reports.measures.aggregations import InFlightTally, Tally
from reports.measures.cohorts import Block, block_of
from reports.measures.delivery import DeliveryTally
from reports.measures.metrics import SharesTally
from reports.measures.phases import FaultWindow
from reports.measures.stories import HardestTally, UnknownTally
from reports.measures.windows import AmplificationTally, WindowTally

LIMIT_MS = 300.0
LOAD_S = 400.0
WINDOW = FaultWindow(asked_s=100.0, begin_s=100.0, end_s=180.0)


def random_run(seed: int, intents: int = 900) -> tuple[Ints, Records]:
    """Arrivals over LOAD_S, some never started, some retried, some very late."""
    draw = np.random.default_rng(seed)
    due = np.sort(draw.integers(0, int(LOAD_S * 1e6), intents))
    numbers = np.arange(intents).repeat(
        draw.choice([0, 1, 2, 5], intents, p=[0.05, 0.8, 0.1, 0.05])
    )
    records = np.zeros(len(numbers), dtype=RECORD)
    records["intent"] = numbers
    records["due_us"] = due[numbers] + draw.integers(0, 3_000_000, len(numbers))
    records["late_us"] = draw.choice([100, 20_000, 2_000_000], len(numbers), p=[0.8, 0.15, 0.05])
    records["took_us"] = draw.integers(1000, 500_000, len(numbers))
    outcome = draw.choice([Outcome.OK, Outcome.FAIL, Outcome.INFO], len(numbers))
    records["code"] = outcome << OUTCOME_SHIFT
    records["name"] = draw.integers(0, 2, len(numbers))
    records["answer"] = np.where(outcome == Outcome.INFO, 0, draw.integers(0, 3, len(numbers)))
    draw.shuffle(records)
    return due, records


def cut(due: Ints, records: Records, places: list[int]) -> list[Block]:
    edges = [0, *sorted(places), len(due)]
    return [
        block_of(
            due[a:b],
            records[(records["intent"] >= a) & (records["intent"] < b)],
            LIMIT_MS,
            first=a,
        )
        for a, b in pairwise(edges)
    ]


def counted(pieces: list[Block]) -> list[str]:
    """Every figure as text, which has each of its digits."""
    windows, amplification = WindowTally(LOAD_S), AmplificationTally(LOAD_S)
    delivery, shares = DeliveryTally(LIMIT_MS), SharesTally(WINDOW, 50.0)
    unknowns, hardest = UnknownTally(LOAD_S + 1), HardestTally()
    in_flight = InFlightTally(50.0, WINDOW)
    all_: tuple[Tally, ...] = (windows, amplification, delivery, shares, unknowns, hardest)
    for block in pieces:
        for tally in (*all_, in_flight):
            tally.add(block)
    told = hardest.result("7f3a", ("pay",))
    found = (windows, amplification, delivery, shares, unknowns)
    with np.printoptions(threshold=10_000, precision=17):
        return [repr(t.result()) for t in found] + [repr(told), repr(in_flight.longest_s)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 900), max_size=12))
def test_where_a_run_is_cut_into_blocks_changes_no_figure(seed: int, places: list[int]) -> None:
    due, records = random_run(seed)
    assert counted(cut(due, records, places)) == counted(cut(due, records, []))


def test_lateness_is_ranked_exactly() -> None:
    due, records = random_run(7)
    tally = DeliveryTally(LIMIT_MS)
    (block,) = cut(due, records, [])
    tally.add(block)
    late_us = np.sort(block.cohorts.late_us[block.cohorts.started_us >= 0])
    found = tally.result()
    assert found.late_ms_p50 == round(late_us[int(np.ceil(len(late_us) * 0.5)) - 1] / 1000, 3)
    assert found.late_ms_p99 == round(late_us[int(np.ceil(len(late_us) * 0.99)) - 1] / 1000, 3)
    assert found.late_ms_max == late_us[-1] / 1000


def test_unknown_answers_are_ranked_exactly() -> None:
    due, records = random_run(8)
    (block,) = cut(due, records, [])
    tally = UnknownTally(LOAD_S + 1)
    tally.add(block)
    took_s = []
    for asked_us, settled_us in zip(
        block.cohorts.unknown_us.tolist(), block.cohorts.settled_us.tolist(), strict=True
    ):
        if asked_us >= 0:
            took_s.append(math.inf if settled_us < 0 else max(settled_us - asked_us, 0) / 1e6)
    found = tally.result()
    assert (found.count, found.unresolved) == (len(took_s), took_s.count(math.inf))
    expected = sorted(took_s)[math.ceil(len(took_s) * 0.99) - 1]
    assert found.censored == math.isinf(expected)
    resolved = block.cohorts.settled_us >= 0
    tally = UnknownTally(LOAD_S + 1)
    numbers = np.flatnonzero(resolved)
    kept = records[np.isin(records["intent"], numbers)]
    tally.add(block_of(due, kept, LIMIT_MS))
    finite = sorted(took for took in took_s if math.isfinite(took))
    assert tally.result().p99_s == finite[math.ceil(len(finite) * 0.99) - 1]
    assert not tally.result().censored


def test_who_was_told_two_things_is_known() -> None:
    due, records = random_run(9)
    told: dict[int, set[int]] = {intent: set() for intent in range(len(due))}
    for intent, answer in zip(records["intent"].tolist(), records["answer"].tolist(), strict=True):
        told[intent] |= {answer} - {0}
    (block,) = cut(due, records, [])
    found = np.flatnonzero(block.cohorts.contradicted).tolist()
    assert found == [intent for intent, answers in told.items() if len(answers) > 1]
    assert found


def test_records_come_by_ranges_of_intents_whatever_their_order(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    size = 200_000
    _, some = random_run(3)
    records = some[draw.integers(0, len(some), size)]
    records["intent"], records["attempt"] = draw.permutation(size), 1
    paths = tuple(tmp_path / f"attempts-{worker}.bin" for worker in range(3))
    for worker, path in enumerate(paths):
        records[worker::3].tofile(path)
    files = AttemptFiles((*paths, tmp_path / "attempts-3.bin"))
    assert (len(files), files.highest) == (size, size - 1)
    found = [files.between(first, stop) for first, stop in blocks(0, size)]
    assert len(found) > 1
    for (first, stop), part in zip(blocks(0, size), found, strict=True):
        assert first <= part["intent"].min() <= part["intent"].max() < stop
    together = np.concatenate(found)
    assert sorted(together.tolist()) == sorted(records.tolist())


def test_a_schedule_is_read_by_places_and_instants(tmp_path: Path) -> None:
    path = tmp_path / "schedule.bin"
    write_schedule(path, [0, 500_000, 500_000, 1_500_000])
    due = Schedule(path)
    assert len(due) == 4
    assert due.span_s(1, 9).tolist() == [0.5, 0.5, 1.5]
    assert [place(due, at_s) for at_s in (-1, 0.5, 0.500001, 1.5, 2)] == [0, 1, 3, 3, 4]
    due.check_order()


def test_a_schedule_out_of_order_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "schedule.bin"
    write_schedule(path, [0, 2, 1])
    with pytest.raises(StoredRunError, match="not in the order of time"):
        Schedule(path).check_order()
