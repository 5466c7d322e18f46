"""Rounds are interleaved and medians compared; a missing measurement is reported as missing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from benchmarks.catalogue import find_row, row_names
from benchmarks.measuring import Case, Figures, Peer, Row, not_measured, run_row
from benchmarks.rendering import write_table
from benchmarks.yardstick import yard_ms
from harness.errors import ConfigError

CASES = (
    Case(name="p50", unit="ms", goal=2.0),
    Case(name="rate", unit="1/s", goal=1.0, must=">=", against="ratio"),
    Case(name="size", unit="B"),
)


def a_row(order: list[str], missing: str = "") -> Row:
    values: Iterator[float] = iter((1.0, 9.0, 2.0))

    def ours() -> Figures:
        order.append("ours")
        return {"p50": next(values), "rate": 20.0, "size": 3.0}

    def theirs() -> Figures:
        order.append("peer")
        return {"p50": 4.0, "rate": 40.0}

    peer = Peer(name="theirs", measure=theirs, missing=missing)
    return Row(name="row", meaning="", cases=CASES, ours=ours, peers=(peer,), rounds=3)


def test_sides_take_turns_and_medians_are_compared() -> None:
    order: list[str] = []
    p50, rate, size = run_row(a_row(order))
    assert order == ["ours", "peer"] * 3
    assert (p50.ours, p50.ours_min, p50.ours_max, p50.peer, p50.ratio) == (2, 1, 9, 4, 0.5)
    assert p50.met is True
    assert (rate.ratio, rate.met, rate.goal) == (0.5, False, "ratio >= 1")
    assert (size.peer, size.met) == (None, None)


def test_a_yardstick_is_laid_before_and_after_every_side() -> None:
    order: list[str] = []

    def yard() -> float:
        order.append("yard")
        return 40.0

    run_row(a_row(order), rounds=2, yard=yard)
    assert order == ["yard", "ours", "yard", "peer", "yard", "ours", "yard", "peer", "yard"]


def test_the_yard_of_a_row_is_the_median_and_decides_nothing() -> None:
    yards_ms = iter((40.0, 90.0, 50.0, 60.0, 41.0, 80.0, 55.0))
    slow = run_row(a_row([]), yard=lambda: next(yards_ms))
    steady = run_row(a_row([]), yard=lambda: 1.0)
    assert {r.yard_ms for r in slow} == {55.0}
    alike = [msgspec.structs.replace(r, disturbed=False, yard_ms=None) for r in (*slow, *steady)]
    assert alike[: len(slow)] == alike[len(slow) :]


def test_the_yardstick_is_cpu_time_that_work_has_taken() -> None:
    begin_ns = time.thread_time_ns()
    found_ms = yard_ms()
    assert 0 < found_ms * 1e6 <= time.thread_time_ns() - begin_ns + 1  # + 1: a float's rounding


def test_a_peer_that_is_missing_is_not_measured_and_says_why() -> None:
    order: list[str] = []
    _, rate, _ = run_row(a_row(order, missing="not installed"))
    assert order == ["ours"] * 3
    assert rate.peer_name == "theirs: not installed"
    assert rate.met is None, "there is nothing to compare with"


def test_what_a_side_raises_is_its_own() -> None:
    def broken() -> Figures:
        raise RuntimeError("no figures")

    row = Row(name="row", meaning="", cases=CASES, ours=broken)
    with pytest.raises(RuntimeError, match="no figures"):
        run_row(row)


def test_a_row_that_broke_says_why_and_has_no_figure() -> None:
    p50, *_ = not_measured(a_row([]), "no Envoy here")
    assert (p50.ours, p50.met, p50.rounds, p50.yard_ms) == (None, None, 0, None)
    assert p50.peer_name == "not measured: no Envoy here"


def a_page(tmp_path: Path) -> Path:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- table -->\n| other | kept |\n| row | old |\n<!-- /table -->\nafter\n"
    )
    return page


def test_the_table_stands_between_its_markers(tmp_path: Path) -> None:
    page = a_page(tmp_path)
    found = run_row(a_row([]), yard=lambda: 40.0)
    quiet = [msgspec.structs.replace(r, disturbed=False) for r in found]
    write_table(page, quiet, ["row", "other"])
    text = page.read_text()
    assert text.startswith("before\n<!-- table -->\n")
    assert text.endswith("| other | kept |\n<!-- /table -->\nafter\n")
    assert "| row | p50 | 2 ms (1 to 9) | theirs 4 (0.50) | <= 2 | yes | 40.0 |" in text
    assert "| row | rate | 20 1/s (20 to 20) | theirs 40 (0.50) | ratio >= 1 | **no** |" in text
    assert "| row | size | 3 B (3 to 3) |  |  |  | 40.0 |" in text
    assert "old" not in text


def test_a_peer_that_is_missing_says_so_in_the_table(tmp_path: Path) -> None:
    page = a_page(tmp_path)
    write_table(page, run_row(a_row([], missing="not installed")), ["row"])
    assert "| theirs: not installed | <= 2 |" in page.read_text()


def test_a_table_written_twice_is_the_same(tmp_path: Path) -> None:
    page, results = a_page(tmp_path), run_row(a_row([]))
    write_table(page, results, ["row", "other"])
    once = page.read_text()
    write_table(page, results, ["row", "other"])
    assert page.read_text() == once


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("nothing")
    with pytest.raises(ConfigError, match="to write the table between"):
        write_table(tmp_path / "page.md", (), [])


@pytest.mark.parametrize("name", row_names())
def test_every_row_of_the_project_can_be_built(name: str) -> None:
    row = find_row(name)
    assert row.name == name
    assert row.meaning
    assert row.cases
    assert "locust" not in sys.modules, "it patches the process in which it is imported"


def test_a_wrong_row_gets_the_nearest_right_one() -> None:
    with pytest.raises(ConfigError, match="no benchmark row"):
        find_row("paymnts")
