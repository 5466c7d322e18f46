"""JUnit XML: one test case for each limit and check, as Jenkins and GitLab read it.

An INVALID summary has an error in the case `valid`, and its other cases are skipped. A pipeline
gates on the exit code: GitLab does not fail a job for a failed case.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET  # only written here, never parsed

from reports.outlets.base import shortened
from reports.outlets.summary import Case, VerdictSummary

_TITLE: Final = 200
_DETAIL: Final = 4_000


def junit(summary: VerdictSummary) -> bytes:
    """One suite; its counts agree with its cases."""
    suite = ET.Element("testsuite", name=f"squall.{summary.name}")
    _properties(suite, summary)
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    counts["errors"] += _validity(suite, summary)
    counts["skipped"] += _decision(suite, summary)
    for case in summary.cases:
        key = _case(suite, summary, case)
        if key:
            counts[key] += 1
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, number in counts.items():
        suite.set(key, str(number))
    if summary.started_at:
        suite.set("timestamp", summary.started_at)
    told = "\n".join((summary.verdict, *summary.reasons, *summary.remarks))
    ET.SubElement(suite, "system-out").text = shortened(told, _DETAIL)
    root = ET.Element("testsuites", name="squall")
    root.append(suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _properties(suite: ET.Element, summary: VerdictSummary) -> None:
    holder = ET.SubElement(suite, "properties")
    facts = {"verdict": summary.verdict, **summary.facts, "again": summary.again}
    for name, value in facts.items():
        ET.SubElement(holder, "property", name=name, value=shortened(value, _DETAIL))


def _validity(suite: ET.Element, summary: VerdictSummary) -> int:
    """The case `valid`: an error where the summary proves nothing."""
    case = ET.SubElement(suite, "testcase", name="valid", classname=f"squall.{summary.name}")
    if summary.verdict != "INVALID":
        return 0
    _say(case, "error", "INVALID", summary.reasons)
    return 1


def _decision(suite: ET.Element, summary: VerdictSummary) -> int:
    """The case `decided` of a gate that needs more repeats; no other summary has it."""
    if summary.verdict != "INCONCLUSIVE":
        return 0
    case = ET.SubElement(suite, "testcase", name="decided", classname=f"squall.{summary.name}")
    _say(case, "skipped", "INCONCLUSIVE", summary.reasons)
    return 1


def _case(suite: ET.Element, summary: VerdictSummary, case: Case) -> str:
    """Adds one case; returns the count that it belongs to, "" for a passed one."""
    classname = f"squall.{summary.name}.{case.kind}"
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
