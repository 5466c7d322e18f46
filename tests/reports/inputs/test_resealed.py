"""A run that was changed and sealed again into what no run can be is INVALID, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.store import RunFolder
from reports.inputs.attempts import Records
from tests.support.resealed import (
    DELETED,
    Place,
    change_attempts,
    change_event,
    copied,
    put,
    verdict_of,
)
from tests.support.runs_builder import sound_run

INFINITE, ENDLESS = float("inf"), 10**400
UNREADABLE, IMPOSSIBLE = "data_unreadable", "data_impossible"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return sound_run(rate=70).write(tmp_path_factory.mktemp("sealed") / "run")


def test_the_run_that_is_changed_passes_unchanged(sealed: RunFolder, tmp_path: Path) -> None:
    assert verdict_of(copied(sealed, tmp_path / "run"))[0] == "PASS"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("seed",), -1),
        (("seed",), 2**60),
        (("rate_scale",), 0),
        (("rate_scale",), INFINITE),
        (("cores",), -2),
        (("cores",), float("nan")),
        (("t0_mono_ns",), -1),
        (("t0_mono_ns",), ENDLESS),
        (("intent_prefix",), ""),
        (("phases", 1, "end_s"), INFINITE),
        (("phases", 1, "begin_s"), -1),
        (("phases", 4, "end_s"), 1e18),
        (("phases", 0), DELETED),
    ],
)
def test_a_manifest_out_of_range_is_no_run_or_impossible(
    place: Place, value: object, sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    put(folder.manifest, place, value)
    verdict, why = verdict_of(folder)
    assert verdict in ("refused", "INVALID")
    assert "run.json" in why


@pytest.mark.parametrize(
    ("at", "value", "code"),
    [
        (("run.json", ("seed",)), 12, IMPOSSIBLE),
        (("run.json", ("rate_scale",)), 2.0, IMPOSSIBLE),
        (("run.json", ("t0_mono_ns",)), 5_500_000_000, IMPOSSIBLE),
        (("run.json", ("phases", 1, "end_s")), 6.5, IMPOSSIBLE),
        (("run.json", ("phases", 2, "end_s")), 5.0, IMPOSSIBLE),
        (("run.json", ("phases", 4, "name")), "recovery", IMPOSSIBLE),
        (("load/plan.json", ("load_s",)), -1, UNREADABLE),
        (("load/plan.json", ("load_s",)), 1e18, UNREADABLE),
        (("load/plan.json", ("load_s",)), 15.0, IMPOSSIBLE),
        (("load/plan.json", ("stop_s",)), 300.0, IMPOSSIBLE),
        (("load/plan.json", ("rate_scale",)), 2.0, IMPOSSIBLE),
        (("load/ready-0.json", ("arrivals",)), -1, UNREADABLE),
        (("load/ready-0.json", ("names",)), [], IMPOSSIBLE),
        (("load/done-0.json", ("attempts",)), -1, UNREADABLE),
        (("machine.json", ("cores",)), 0, UNREADABLE),
        (("machine.json", ("slices", 5, "foreign")), -0.5, UNREADABLE),
        (("machine.json", ("slices", 5, "busy")), 1.5, UNREADABLE),
        (("machine.json", ("slices", 5, "waited")), -1, UNREADABLE),
        (("machine.json", ("slices", 5, "end_s")), INFINITE, UNREADABLE),
        (("machine.json", ("slices", 5, "begin_s")), float("nan"), UNREADABLE),
        (("machine.json", ("slices", 5, "end_s")), 5.0, IMPOSSIBLE),
        (("machine.json", ("slices", 5, "begin_s")), 3.0, IMPOSSIBLE),
        (("journal.json", ("status",)), "fine", "experiment_status_unknown"),
        (("journal.json", ("status",)), None, "experiment_status_unknown"),
        (("journal.json", ("status",)), DELETED, "journal_unreadable"),
        (("journal.json", ("run", 0, "status")), "fine", "activity_failed"),
        (("journal.json", ("run", 0, "status")), DELETED, "activity_interrupted"),
        (("journal.json", ("rollbacks", 0, "status")), "", "rollback_failed"),
        (("journal.json", ("run", 0, "output")), None, "fault_not_asked"),
    ],
)
def test_a_value_that_no_run_has_is_named(
    at: tuple[str, Place], value: object, code: str, sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    put(folder.root / at[0], at[1], value)
    verdict, why = verdict_of(folder)
    assert (verdict, why.partition(":")[0]) == ("INVALID", code), why


@pytest.mark.parametrize("name", ["run.json", "load/plan.json", "journal.json", "timeline.ndjson"])
def test_a_document_that_is_nested_too_deeply_is_unreadable(
    name: str, sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    path = folder.root / name
    deep = b'"x":' + b"[" * 5_000 + b"]" * 5_000
    path.write_bytes(path.read_bytes().replace(b"{", b"{" + deep + b",", 1))
    verdict, why = verdict_of(folder)
    assert verdict in ("refused", "INVALID")
    assert "recursion" in why


def twice(records: Records) -> Records:
    return np.concatenate((records, records[100:101]))


def a_later_one_twice(records: Records) -> Records:
    """Of an intent that asked twice."""
    second = np.flatnonzero(records["attempt"] == 2)[:1]
    return np.concatenate((records, records[second]))


def without_an_outcome(records: Records) -> Records:
    records["code"][100] &= ~np.uint16(3 << 10)
    return records


def of_no_name(records: Records) -> Records:
    records["name"][100] = 200
    return records


def numbered_seven(records: Records) -> Records:
    records["attempt"][100] = 7
    return records


def begun_early(records: Records) -> Records:
    records["due_us"][100] -= 1000
    return records


def due_later(records: Records) -> Records:
    """A slow answer looks quick if its intended start is later than scheduled."""
    records["due_us"][100] += 1000
    return records


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (twice, "numbered 1, 2, 3"),
        (a_later_one_twice, "numbered 1, 2, 3"),
        (numbered_seven, "numbered 1, 2, 3"),
        (of_no_name, "a request name that the run does not list"),
        (begun_early, "before their intent was due"),
        (due_later, "another intended start"),
    ],
)
def test_attempts_that_no_generator_makes_are_named(
    change: Callable[[Records], Records], said: str, sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    change_attempts(folder, change)
    verdict, why = verdict_of(folder)
    assert verdict == "INVALID"
    assert why.startswith(IMPOSSIBLE)
    assert said in why


def test_an_undefined_outcome_is_unreadable_and_no_internal_error(
    sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    change_attempts(folder, without_an_outcome)
    verdict, why = verdict_of(folder)
    assert verdict == "INVALID"
    assert "attempts-0.bin has an attempt with an undefined outcome" in why.lower()


def test_a_timeline_that_was_cut_at_a_line_end_never_passes(
    sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    lines = folder.timeline.read_bytes().splitlines(keepends=True)
    for kept in (*range(0, len(lines), 4), len(lines) - 1):
        folder.timeline.write_bytes(b"".join(lines[:kept]))
        assert verdict_of(folder)[0] == "INVALID", kept


@pytest.mark.parametrize(
    ("kind", "ns", "code"),
    [
        ("verified_undone", 5_500_000_000, "fault_not_proven"),
        ("injected", 11_500_000_000, "fault_not_proven"),
        ("asked", 12_000_000_000, "fault_not_proven"),
        ("verified", -1, "fault_not_proven"),
        ("verified", ENDLESS, UNREADABLE),
    ],
)
def test_a_fault_whose_stages_are_out_of_order_proves_nothing(
    kind: str, ns: int, code: str, sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    change_event(folder, kind, lambda event: event.update(mono_ns=ns))
    verdict, why = verdict_of(folder)
    assert (verdict, why.partition(":")[0]) == ("INVALID", code), why


def test_what_was_asked_is_compared_also_if_the_generator_seems_not_to_have_declared_it(
    sealed: RunFolder, tmp_path: Path
) -> None:
    folder = copied(sealed, tmp_path / "run")
    put(folder.ready(0), ("asked",), {})
    folder.asked.write_bytes(b"no table")
    assert verdict_of(folder)[0] == "INVALID"
