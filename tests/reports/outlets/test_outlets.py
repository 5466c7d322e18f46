"""Every summary in every outlet: read back by the rules of the tool that reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harness.campaigns.gate_document import GateDocument
from harness.campaigns.gate_json import gate_document
from harness.campaigns.records import CANDIDATE, Attempt, Figure, Outcome, Request
from reports.outlets.annotations import MOST
from reports.outlets.base import MOST_TEXT, noop
from reports.outlets.registry import OUTLETS
from reports.outlets.summary import VerdictSummary, summary_of_gate, summary_of_run
from reports.verdict.judge import judge
from tests.support.runs_builder import sound_run
from tests.support.stub_campaign import stub_plan
from tests.support.summaries import HELD, HOSTILE, MISSED, PASSED, SUMMARIES

# Jenkins' schema for JUnit reports (xunit-plugin, junit-10.xsd): attributes and children.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}
REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}}
families: Any = text_string_to_metric_families  # ships no types
every_summary = pytest.mark.parametrize("summary", SUMMARIES.values(), ids=SUMMARIES.keys())


@pytest.mark.parametrize("name", sorted(OUTLETS))
@every_summary
def test_an_outlet_tells_the_verdict_and_is_the_same_each_time(
    name: str, summary: VerdictSummary
) -> None:
    made = OUTLETS[name](summary)
    assert summary.verdict.encode() in made
    assert made == OUTLETS[name](summary)
    assert made.endswith(b"\n")
    others = {"PASS", "FAIL", "INCONCLUSIVE", "INVALID"} - {summary.verdict}
    if name not in ("openmetrics", "junit"):  # a gauge names each state
        assert not [word for word in others if word.encode() in made]


@every_summary
def test_junit_has_the_form_of_jenkins_schema_and_counts_what_it_holds(
    summary: VerdictSummary,
) -> None:
    root = ET.fromstring(OUTLETS["junit"](summary))  # noqa: S314  # our own text
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib)
        assert {child.tag for child in element} <= children
    (suite,) = root
    found = {tag: len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error", "skipped")}
    assert suite.get("failures") == str(found["failure"])
    assert suite.get("errors") == str(found["error"])
    assert suite.get("skipped") == str(found["skipped"])
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    is_green = not found["failure"] + found["error"] + found["skipped"]
    assert is_green == (summary.verdict == "PASS")


@every_summary
def test_openmetrics_is_read_by_the_strict_parser(summary: VerdictSummary) -> None:
    text = OUTLETS["openmetrics"](summary).decode()
    samples = [s for family in families(text) for s in family.samples]
    (on,) = (s for s in samples if s.name == "squall_verdict" and s.value == 1)
    assert on.labels["squall_verdict"] == summary.verdict
    met = [s for s in samples if s.name == "squall_case_met"]
    assert sum(s.value for s in met) == summary.count("pass")
    values = [s for s in samples if s.name == "squall_objective_value"]
    assert len(values) == sum(case.value is not None for case in summary.cases)


@every_summary
def test_a_badge_is_green_only_for_a_pass(summary: VerdictSummary) -> None:
    made = json.loads(OUTLETS["badge"](summary))
    assert made["schemaVersion"] == 1
    assert {"label", "message", "color"} < set(made)
    assert (made["color"] == "brightgreen") == (summary.verdict == "PASS")


@every_summary
def test_a_comment_begins_with_the_mark_by_which_it_is_found(summary: VerdictSummary) -> None:
    first, rest = OUTLETS["comment"](summary).decode().split("\n", 1)
    assert first == "<!-- squall:ledger-killed -->"
    assert rest.encode() == OUTLETS["markdown"](summary)


def test_annotations_are_at_most_nine_and_say_how_many_more_there_are() -> None:
    cases = tuple(replace(MISSED, name=f"limit {n}") for n in range(25))
    lines = OUTLETS["annotations"](replace(SUMMARIES["fail"], cases=cases)).decode().splitlines()
    assert len(lines) == MOST + 1
    assert all(line.startswith("::error title=") for line in lines)
    assert lines[-1].endswith("::16 more")


@pytest.mark.parametrize(
    ("name", "level"), [("pass", "notice"), ("inconclusive", "warning"), ("invalid", "error")]
)
def test_an_annotation_has_the_level_of_its_verdict(name: str, level: str) -> None:
    assert OUTLETS["annotations"](SUMMARIES[name]).startswith(f"::{level} title=".encode())


@pytest.mark.parametrize("name", sorted(OUTLETS))
def test_text_of_files_acts_nowhere(name: str) -> None:
    case = replace(MISSED, name=HOSTILE, detail=HOSTILE)
    hostile = replace(
        SUMMARIES["fail"], name=HOSTILE, reasons=(HOSTILE,), cases=(case, case), again=HOSTILE
    )
    made = OUTLETS[name](hostile).decode()
    if name == "junit":
        read = ET.fromstring(made)  # noqa: S314  # our own text
        assert read.find("testsuite/testcase/failure") is not None
    elif name == "annotations":
        assert all(line.startswith("::error title=") for line in made.splitlines())
        assert "%250A" in made
    elif name in ("markdown", "comment"):
        table = [line for line in made.splitlines() if line.startswith("| a")]
        assert len(table) == 2
        assert "<x>" not in made.replace(HOSTILE, "")
        assert "@team" not in made.replace("\\@team", "").replace(HOSTILE, "")
    elif name == "openmetrics":
        assert list(families(made))
    else:
        json.loads(made)


@pytest.mark.parametrize("name", ["markdown", "comment"])
def test_a_long_summary_stays_below_the_size_of_a_comment(name: str) -> None:
    cases = tuple(replace(HELD, name=f"limit {n} " + "x" * 900) for n in range(3_000))
    made = OUTLETS[name](replace(PASSED, cases=cases))
    assert len(made) <= MOST_TEXT + 1_000


def test_a_stored_run_becomes_a_summary(tmp_path: Path) -> None:
    run = sound_run()
    summary = summary_of_run(judge(run.write(tmp_path / "run")).document)
    assert summary.verdict == "PASS"
    assert {case.name for case in summary.cases} >= {"payments", "ledger", "hash_chain"}
    assert summary.count("pass") == len(summary.cases)
    run.ended = "early: other processes took 60% of the CPU"
    invalid = summary_of_run(judge(run.write(tmp_path / "invalid")).document)
    assert invalid.count("not judged") == len(invalid.cases)


def test_the_noop_outlet_says_nothing() -> None:
    assert noop(PASSED) == b""


def recovered(*values: float) -> GateDocument:
    """The decision on a campaign whose runs recovered in these times; the limit is 10 s."""
    attempts = [
        Attempt(
            number=number,
            request=Request(experiment="kill", arm=CANDIDATE, repeat=number, seed=number),
            run=f"attempts/{number}",
            outcome=Outcome(
                verdict="PASS",
                figures=(
                    Figure(
                        name="recovery",
                        metric="stable_recovery_s",
                        must="<=",
                        limit=10,
                        unit="s",
                        value=value,
                    ),
                ),
            ),
        )
        for number, value in enumerate(values, start=1)
    ]
    return gate_document(stub_plan(), attempts, ())


@pytest.mark.parametrize(
    ("values", "verdict", "state"),
    [
        ((1.2, 1.3, 1.25, 1.22), "PASS", "pass"),
        ((22.0, 23.0, 22.5, 22.2), "FAIL", "fail"),
        ((1.2,), "INCONCLUSIVE", "not judged"),
    ],
)
def test_a_gate_becomes_a_summary_with_its_intervals(
    values: tuple[float, ...], verdict: str, state: str
) -> None:
    summary = summary_of_gate(recovered(*values))
    assert summary.verdict == verdict
    assert [case.state for case in summary.cases] == [state]
    assert f"{len(values)} repeats" in summary.cases[0].detail
    for outlet in OUTLETS.values():
        assert verdict.encode() in outlet(summary)
