"""The page of a comparison needs nothing beside itself, draws the front, and names no winner."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import msgspec
import pytest

from harness.campaigns.compare.compare_json import compare_document
from harness.campaigns.compare.document import CompareDocument
from harness.campaigns.plan import compare_of
from harness.campaigns.records import Outcome, Request
from reports.render.compare.front_chart import WIDE, front_chart
from reports.render.compare.law_chart import law_chart
from reports.render.compare.page import render
from reports.render.compare.words import closing_lines
from reports.schemas import schema
from tests.support.chromium import Browser, axe_file, chromium
from tests.support.replayed_runs import broken_records, invalid, replay
from tests.support.stub_comparison import made_up, ramp_outcome, stub_comparison

PROGRAM = chromium()
PLAN = stub_comparison()


def document(outcome: object = None, repeats: int = 3) -> CompareDocument:
    plan = stub_comparison(repeats=repeats)
    made = outcome if callable(outcome) else made_up()
    return compare_document(plan, replay(compare_of(plan), made))


WAYS = {
    "PASS": document(),
    "FAIL": document(lambda _request: broken_records()),
    "INVALID": document(lambda _request: invalid()),
    "INCONCLUSIVE": document(repeats=1),
}


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
    found = WAYS[decision]
    page, reader = render(found), Reader()
    reader.feed(page)
    assert found.decision == decision
    assert (reader.outside, reader.open) == ([], [])
    assert "default-src 'none'" in page
    assert decision in page
    assert len(page.encode()) <= 150_000


@pytest.mark.parametrize("decision", WAYS)
def test_compare_json_follows_its_schema(decision: str) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(WAYS[decision]))
    jsonschema.validate(stored, schema("compare"))


def test_every_arm_stands_in_the_picture_of_the_front_and_in_the_table() -> None:
    found = WAYS["PASS"]
    picture = ET.fromstring(front_chart(found))  # noqa: S314  # our own text
    texts = [node.text for node in picture.iter() if node.tag.endswith("text")]
    assert {"1", "2", "3", "4"} <= set(texts)
    assert WIDE <= 320
    for node in picture.iter():
        if node.tag.endswith("text"):
            assert float(node.attrib["font-size"]) >= 12
            assert -1 <= float(node.attrib["x"]) <= WIDE
    lines = closing_lines(found, "report.html")
    for row in found.arms:
        assert any(f"  {row.facts.name}  " in line for line in lines)


def test_the_words_name_a_front_and_no_winner() -> None:
    lines = "\n".join(closing_lines(WAYS["PASS"], "report.html"))
    assert "Pareto front: " in lines
    assert "winner" not in lines
    assert "nothing is said beyond 3" in lines
    assert "or more apart" in lines
    assert "machine" in lines


def test_an_invalid_comparison_shows_no_front() -> None:
    for decision in ("FAIL", "INVALID"):
        assert front_chart(WAYS[decision]) == ""
        assert "* on the Pareto" not in "\n".join(closing_lines(WAYS[decision], "x"))


def test_the_law_is_drawn_up_to_the_largest_measured_size() -> None:
    (series,) = WAYS["PASS"].series
    assert law_chart(series).count("<circle") == 4
    assert law_chart(msgspec.structs.replace(series, law=None)) == ""


def test_a_lower_bound_is_told_as_one() -> None:
    def bound(request: Request) -> Outcome:
        if request.experiment == "capacity" and request.arm == "three":
            return ramp_outcome(700.0, at_least=True)
        return made_up()(request)

    lines = "\n".join(closing_lines(document(bound), "x"))
    assert ">= 700" in lines


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
def test_the_page_fits_every_window_and_axe_finds_nothing(tmp_path: Path) -> None:
    assert PROGRAM is not None
    page, script = tmp_path / "report.html", axe_file()
    page.write_text(render(WAYS["PASS"]))
    with Browser(PROGRAM) as browser:
        for width in (320, 1280):
            for scheme in ("light", "dark"):
                browser.show(page, width, scheme)
                assert browser.ask("document.documentElement.scrollWidth") <= width
                assert script is None or browser.axe(script) == []
