"""A failed check tells how many, how much money, when, during what, and one case step by step."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest

from harness.errors import ConfigError
from harness.store import RunFolder
from reports.measures.details import intent_history
from reports.render.page import render
from reports.render.stored_verdict import write
from reports.render.wrong import say_wrong
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, PREFIX, RunsBuilder, sound_run

COUNT = 40


@pytest.fixture(scope="module")
def run() -> RunsBuilder:
    """Forty payments are booked twice, the first of them when the fault begins."""
    found = sound_run(outage_s=0)
    first = found.at(F0_S)
    for intent in range(first, first + COUNT):
        it = found.asks(intent)
        found.books.pay(it.key, f"again{intent}", it.payer, it.amount_minor)
    return found


@pytest.fixture(scope="module")
def root(run: RunsBuilder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.write(tmp_path_factory.mktemp("runs") / "run").root


@pytest.fixture(scope="module")
def card(root: Path) -> Scorecard:
    folder = RunFolder(root)
    found = judge(folder)
    write(folder, found)
    return found


def test_count_money_times_and_what_was_on_are_told(run: RunsBuilder, card: Scorecard) -> None:
    assert card.picture is not None
    (wrong,) = card.picture.wrong
    intents = range(run.at(F0_S), run.at(F0_S) + COUNT)
    asked = sum(run.asks(intent).amount_minor for intent in intents)
    assert wrong.asked == {"EUR": asked}
    assert wrong.held["bank_charges"] == {"EUR": 2 * asked}
    assert "ledger_entries" not in wrong.held, "double entry sums to zero"
    assert wrong.due_s == tuple(run.due_us[intent] / 1e6 for intent in intents)
    told = " ".join(say_wrong(wrong))
    assert told.startswith(f"{COUNT} payments were charged or booked twice.")
    assert f"Asked for in all: {asked // 100:,}.{asked % 100:02d} EUR." in told
    assert f"{COUNT} of {COUNT} were due while the fault kill of ledger-1 was on." in told


def test_one_case_is_told_with_every_booking(run: RunsBuilder, card: Scorecard) -> None:
    assert card.picture is not None
    case = card.picture.wrong[0].case
    assert case is not None
    first = run.at(F0_S)
    assert case.key == run.key(first)
    assert [step.answer for step in case.story.steps] == ["status 201"]
    tables = [row.table for row in case.rows]
    assert tables.count("bank_charges") == 2
    assert tables.count("ledger_entries") == 8
    page = render(card)
    assert f"--intent {case.key}" in page
    assert page.count("<td>charge_id") == 2


def test_every_name_is_in_the_file_that_the_verdict_names(
    root: Path, run: RunsBuilder, card: Scorecard
) -> None:
    document = msgspec.json.decode((root / "verdict.json").read_bytes())
    check = document["checks"]["payments"]
    (violation,) = check["violations"]
    assert check["classes"]["doubled"] == violation["count"] == COUNT
    assert check["classes"]["lost"] == 0
    with (root / violation["names_in"]).open() as file:
        rows = list(csv.DictReader(file))
    first = run.at(F0_S)
    assert [row["name"] for row in rows] == [run.key(first + i) for i in range(COUNT)]
    assert float(rows[0]["due_s"]) == pytest.approx(run.due_us[first] / 1e6)
    assert f", in {violation['names_in']}" in render(card)


def test_a_sound_run_keeps_no_old_names(tmp_path: Path) -> None:
    folder = sound_run(outage_s=0).write(tmp_path / "run")
    folder.violations.write_text("old")
    write(folder, judge(folder))
    assert not folder.violations.exists()


@pytest.mark.parametrize("word", ["{key}", "{number}", "{beginning}"])
def test_an_intent_is_found_by_key_number_and_a_beginning_that_is_its_own(
    word: str, root: Path, run: RunsBuilder, card: Scorecard
) -> None:
    del card
    last = len(run.due_us) - 1
    number = last if "beginning" in word else run.at(F0_S)
    given = word.format(key=run.key(number), number=number, beginning=f"{PREFIX}-{last}"[:])
    found = intent_history(RunFolder(root), given)
    assert (found.number, found.intent) == (number, run.key(number))
    assert len(found.attempts) == 1
    assert {len(rows) for rows in found.records.values()} <= {1, 2, 4, 8}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("7f3a-99999999999999999999999", "is not of this run; its keys are 7f3a-0 to 7f3a-"),
        ("nonsense", "is not of this run"),
        ("", "is not of this run"),
        ("7f3a-00", "is not of this run"),
        ("99999", "is not of this run"),
        (PREFIX, "is the beginning of"),
        ("x" * 10_000, "xxx..."),
    ],
)
def test_a_key_of_another_run_and_a_beginning_of_many_are_refused(
    word: str, said: str, root: Path, card: Scorecard
) -> None:
    del card
    with pytest.raises(ConfigError) as refused:
        intent_history(RunFolder(root), word)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 300
