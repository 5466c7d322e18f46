"""The page of a campaign is one file that needs nothing beside itself and shows every attempt."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import msgspec
import pytest

from harness.campaigns.gate_document import GateDocument
from harness.campaigns.gate_json import gate_document
from harness.campaigns.plan import gate_of
from harness.campaigns.records import Figure, Outcome, Why
from reports.render.campaign.page import render
from reports.render.campaign.words import closing_lines
from reports.render.campaign.worst_run import worst_attempt, worst_section
from reports.schemas import schema
from reports.verdict.judge import judge
from tests.support.replayed_runs import (
    broken_records,
    figure,
    in_turn,
    invalid,
    outcome_with,
    recorded,
    replay,
)
from tests.support.runs_builder import sound_run
from tests.support.stub_campaign import stub_plan

GOOD, SLOW = outcome_with(figure(2.0)), outcome_with(figure(30.0))
NEAR = tuple(outcome_with(figure(v)) for v in (9.0, 11.0, 9.4, 10.9, 8.8, 10.2, 9.9, 9.6))
WAYS: dict[str, tuple[Outcome, ...]] = {
    "PASS": (GOOD, invalid(), GOOD),
    "FAIL": (SLOW,),
    "INCONCLUSIVE": NEAR,
    "INVALID": (invalid(),),
}


def document(*outcomes: Outcome) -> GateDocument:
    plan = stub_plan()
    return gate_document(plan, replay(gate_of(plan), in_turn(*outcomes)))


class Reader(HTMLParser):
    """What the page would load, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "img", "object"):
            self.outside.append(tag)
        self.outside += [name for name, _ in attrs if name.startswith("on") or name == "src"]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("decision", WAYS)
def test_the_page_says_the_decision_and_loads_nothing(decision: str) -> None:
    found = document(*WAYS[decision])
    page = render(found)
    reader = Reader()
    reader.feed(page)
    assert found.decision == decision
    assert reader.outside == []
    assert reader.open == []
    assert "default-src 'none'" in page
    assert decision in page
    assert len(page.encode()) <= 150_000


@pytest.mark.parametrize("decision", WAYS)
def test_gate_json_follows_its_schema(decision: str) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(document(*WAYS[decision])))
    jsonschema.validate(stored, schema("gate"))


def test_every_repeat_is_a_dot_and_every_attempt_a_row() -> None:
    page = render(document(*WAYS["PASS"]))
    assert page.count("<circle") == 3
    assert page.count("report.html") == 4
    assert "INVALID, not counted" in page


def test_wrong_records_are_told_in_the_first_lines() -> None:
    found = document(GOOD, broken_records())
    assert "charged twice" in render(found).split("</h1>")[0]
    assert closing_lines(found, "report.html")[0].startswith("FAIL")


def test_the_largest_campaign_stays_below_150_kilobytes() -> None:
    """Twenty experiments with all their objectives."""
    plan = stub_plan()
    experiments = tuple(
        msgspec.structs.replace(plan.experiments[0], name=f"experiment-{number}")
        for number in range(20)
    )
    plan = msgspec.structs.replace(plan, experiments=experiments)
    runs = recorded("payments-paused")
    found = gate_document(plan, replay(gate_of(plan), in_turn(*runs)))
    assert len(found.experiments) == 20
    assert len(render(found).encode()) <= 150_000


def test_the_worst_run_is_drawn_with_its_wrong_payment_step_by_step(tmp_path: Path) -> None:
    found = document(GOOD, broken_records())
    line = worst_attempt(found)
    assert line is not None
    assert line.number == 2
    run = sound_run(outage_s=0)
    for intent in range(300, 320):
        it = run.asks(intent)
        run.books.pay(it.key, f"again{intent}", it.payer, it.amount_minor)
    section = worst_section(line, judge(run.write(tmp_path / "run")))
    page = render(found, section)
    assert "What is wrong in the records" in page
    assert "<svg" in section
    assert len(page.encode()) <= 150_000


def test_a_run_that_proves_something_is_worse_than_an_invalid_one() -> None:
    line = worst_attempt(document(invalid(), GOOD, SLOW))
    assert line is not None
    assert line.verdict == "FAIL"
    assert worst_attempt(document(invalid())) is not None


def kept(value: float | None) -> Outcome:
    """A run in which a request outside of the fault had this ratio; at least 99 % is asked."""
    made = Figure(
        name="queries: answered", metric="containment_ratio", must=">=", limit=0.99,
        unit="ratio", value=value,
    )  # fmt: skip
    missed = value is None or value < made.limit
    return Outcome(verdict="FAIL" if missed else "PASS", figures=(figure(2.0), made))


@pytest.mark.parametrize(
    ("values", "verdict", "decision", "shown"),
    [
        ((1.0, 0.999, 1.0), "contained", "PASS", "99.9 %"),
        ((0.5, 0.4, 0.5), "not contained", "FAIL", "40.0 %"),
        ((1.0, None, 1.0), "undecided", "INCONCLUSIVE", "? no value"),
    ],
)
def test_what_the_fault_must_not_reach_has_a_section_and_a_place_in_gate_json(
    values: tuple[float | None, ...], verdict: str, decision: str, shown: str
) -> None:
    found = document(*map(kept, values))
    section = render(found).split("<h2>Containment")[1].split("<h2>")[0]
    assert found.containment.verdict == verdict
    assert found.decision == decision
    assert verdict in section
    assert shown in section
    assert "kill" in section
    told = msgspec.json.decode(msgspec.json.encode(found))["containment"]
    assert told["limits"][0]["name"] == "queries: answered"


def test_without_such_a_request_containment_was_not_measured() -> None:
    found = document(*WAYS["PASS"])
    assert found.containment.verdict == "not measured"
    assert "not known" in render(found).split("<h2>Containment")[1].split("<h2>")[0]


def test_text_of_a_run_cannot_become_markup() -> None:
    evil = Why(code="x", text="<script>alert(1)</script>\x1b[31m")
    found = document(Outcome(verdict="INVALID", why=(evil,)))
    page = render(found)
    assert "<script" not in page
    assert "\x1b" not in page


def test_colours_are_not_the_only_sign() -> None:
    page = render(document(*WAYS["FAIL"]))
    assert re.search(r"✗ fail", page)
    assert 'aria-label="kill, stable recovery: repeats' in page
