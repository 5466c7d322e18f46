"""JUnit XML: one test case for each limit and check, as Jenkins and GitLab read it.

An INVALID outcome has an error in the case `valid`, and its other cases are skipped. A pipeline
gates on the exit code: GitLab does not fail a job for a failed case.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET  # only written here, never parsed

from reports.outlets.base import shortened
from reports.outlets.outcome import Case, Outcome

_TITLE: Final = 200
_DETAIL: Final = 4_000


def junit(outcome: Outcome) -> bytes:
    """One suite; its counts agree with its cases."""
    suite = ET.Element("testsuite", name=f"squall.{outcome.name}")
    _properties(suite, outcome)
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    counts["errors"] += _validity(suite, outcome)
    counts["skipped"] += _decision(suite, outcome)
    for case in outcome.cases:
        key = _case(suite, outcome, case)
        if key:
            counts[key] += 1
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, number in counts.items():
        suite.set(key, str(number))
    if outcome.started_at:
        suite.set("timestamp", outcome.started_at)
    told = "\n".join((outcome.verdict, *outcome.reasons, *outcome.remarks))
    ET.SubElement(suite, "system-out").text = shortened(told, _DETAIL)
    root = ET.Element("testsuites", name="squall")
    root.append(suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _properties(suite: ET.Element, outcome: Outcome) -> None:
    holder = ET.SubElement(suite, "properties")
    facts = {"verdict": outcome.verdict, **outcome.facts, "again": outcome.again}
    for name, value in facts.items():
        ET.SubElement(holder, "property", name=name, value=shortened(value, _DETAIL))


def _validity(suite: ET.Element, outcome: Outcome) -> int:
    """The case `valid`: an error where the outcome proves nothing."""
    case = ET.SubElement(suite, "testcase", name="valid", classname=f"squall.{outcome.name}")
    if outcome.verdict != "INVALID":
        return 0
    _say(case, "error", "INVALID", outcome.reasons)
    return 1


def _decision(suite: ET.Element, outcome: Outcome) -> int:
    """The case `decided` of a gate that needs more repeats; no other outcome has it."""
    if outcome.verdict != "INCONCLUSIVE":
        return 0
    case = ET.SubElement(suite, "testcase", name="decided", classname=f"squall.{outcome.name}")
    _say(case, "skipped", "INCONCLUSIVE", outcome.reasons)
    return 1


def _case(suite: ET.Element, outcome: Outcome, case: Case) -> str:
    """Adds one case; returns the count that it belongs to, "" for a passed one."""
    classname = f"squall.{outcome.name}.{case.kind}"
    element = ET.SubElement(suite, "testcase", name=case.name, classname=classname)
    if case.state in ("fail", "missing"):
        _say(element, "failure", case.state, (case.detail,))
        return "failures"
    if case.state == "not judged":
        _say(element, "skipped", case.state, (case.detail,))
        return "skipped"
    return ""


def _say(case: ET.Element, tag: str, kind: str, texts: tuple[str, ...]) -> None:
    """Several texts stand in one element: a reader keeps only one."""
    told = "\n".join(texts)
    message = shortened(texts[0] if texts else kind, _TITLE)
    element = ET.SubElement(case, tag, type=kind, message=message)
    element.text = shortened(told, _DETAIL)
