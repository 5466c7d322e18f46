"""A stored run is cut into windows with the latency, attempts and delivery of their intents."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.campaigns.compare.knee import knee_of
from harness.campaigns.compare.matrix import Knee
from harness.host.cpu import Slice
from harness.host.usage import CpuOverTime, CpuSlice
from harness.store import RunFolder, write_json
from reports.inputs.stored import StoredRun, read_stored
from reports.measures.ramp import windows
from reports.measures.run_load import load_between
from reports.verdict.compare_outcome import compare_outcome
from reports.verdict.judge import judge
from tests.support.runs_builder import LOAD_S, RunsBuilder, sound_run, spoil

KNEE = Knee(p99_ms=250, window_s=1, settle_s=0)


def stored(folder: Path, run: RunsBuilder) -> tuple[RunFolder, StoredRun]:
    place = run.write(folder / "run")
    return place, read_stored(place)


def between(run: RunsBuilder, begin_s: float, end_s: float) -> range:
    return range(run.at(begin_s), run.at(end_s))


def slow(run: RunsBuilder, begin_s: float, end_s: float, took_us: int) -> None:
    for intent in between(run, begin_s, end_s):
        spoil(run, intent, lambda attempt: attempt._replace(took_us=took_us))


def test_each_window_has_the_rate_and_the_latency_of_its_intents(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    slow(run, 12, 13, 400_000)
    _, it = stored(tmp_path, run)
    found = {w.begin_s: w for w in windows(it, (1, 20), KNEE)}
    assert len(found) == 19
    assert found[12.0].p99_ms == pytest.approx(400, abs=1)
    assert found[11.0].p99_ms == pytest.approx(20, abs=10)
    assert found[11.0].arrivals == len(between(run, 11, 12))
    assert found[11.0].attempts_per_intent == 1
    assert all(window.delivered for window in found.values())


def test_a_late_generator_shows_in_its_window_only(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    for intent in between(run, 15, 16):
        spoil(run, intent, lambda attempt: attempt._replace(late_us=90_000))
    _, it = stored(tmp_path, run)
    assert [w.begin_s for w in windows(it, (1, 20), KNEE) if not w.delivered] == [15.0]


def test_the_knee_of_a_stored_run_lies_where_it_was_planted(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    slow(run, 14, LOAD_S - 0.5, 600_000)
    _, it = stored(tmp_path, run)
    found = knee_of(windows(it, (1, 20), KNEE), KNEE)
    assert found is not None
    assert (found.at_least, found.begin_s) == (False, 14.0)


def test_what_was_busy_is_that_of_the_stretch(tmp_path: Path) -> None:
    run = sound_run(outage_s=0)
    run.machine = [
        Slice(begin_s=s, end_s=s + 1, busy=0.95 if 10 <= s < 12 else 0.3, foreign=0.0)
        for s in range(int(LOAD_S))
    ]
    folder, it = stored(tmp_path, run)
    first = CpuSlice(begin_s=8, end_s=10, cpu_s={"ledger": 0.2})
    second = CpuSlice(begin_s=10, end_s=12, cpu_s={"ledger": 1.8, "bank": 0.1})
    write_json(folder.cpu, CpuOverTime(slices=(first, second)))
    found = load_between(folder, it, 10, 12)
    assert found.machine == pytest.approx(0.95)
    assert found.processes == {"ledger": 0.9, "bank": 0.05}
    assert load_between(folder, it, 8, 10).processes == {"ledger": 0.1}


def test_a_run_of_a_column_has_its_own_figure_first(tmp_path: Path) -> None:
    folder, _ = stored(tmp_path, sound_run())
    found = compare_outcome(folder, judge(folder), None)
    assert [one.metric for one in found.measures] == [
        "lost_s",
        "latency_ms_p99",
        "attempts_per_intent",
    ]
    assert (found.measures[0].value or 0) > 0
    assert found.load is not None
    ramp = compare_outcome(folder, judge(folder), KNEE)
    assert ramp.measures[0].metric == "capacity_per_s"
    assert ramp.remarks


def test_a_ramp_counts_although_its_load_was_late_and_not_for_any_other_reason(
    tmp_path: Path,
) -> None:
    run = sound_run(outage_s=0)
    for intent in between(run, 17, 20):
        spoil(run, intent, lambda attempt: attempt._replace(late_us=700_000))
    folder, _ = stored(tmp_path, run)
    scorecard = judge(folder)
    assert scorecard.verdict == "INVALID"
    assert not compare_outcome(folder, scorecard, None).is_valid
    assert compare_outcome(folder, scorecard, KNEE).is_valid
    folder.machine.write_bytes(msgspec.json.encode({"broken": True}))
    assert not compare_outcome(folder, judge(folder), KNEE).is_valid
