"""The likely cause of a FAIL: which part, by what evidence, and what to do; a ranking, no proof.

Each rule looks at the findings (classes, missed metrics, codes), at the records behind the first
finding of a class, and at what was faulted. The rules' hit rate over the seeded defects stands in
docs/kill-matrix.md. A run that did not fail has no likely cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from reports.checks.payments.ledger import LedgerCheck
from reports.checks.payments.reconcile import Reconciliation
from reports.checks.payments.responses import ResponsesCheck
from reports.measures.page_model import Lane
from reports.verdict.findings import Findings
from reports.verdict.likely_rules import BY_FAULT, BY_RECORDS
from reports.verdict.scorecard import Document, Fault, Likely, Scorecard

MOST: Final = 3
_REFERENCE: Final = {check.name for check in (Reconciliation, ResponsesCheck, LedgerCheck)}


def likely_causes(found: Findings) -> tuple[Likely, ...]:
    """At most MOST parts, the likeliest first: each part once, with its strongest rule."""
    ranked = sorted(_matches(found), key=lambda match: -match.weight)
    parts: dict[str, Likely] = {}
    for match in ranked:
        parts.setdefault(match.likely.part, match.likely)
    return tuple(parts.values())[:MOST]


@dataclass(frozen=True, slots=True)
class _Match:
    weight: int
    likely: Likely


def _matches(found: Findings) -> Iterable[_Match]:
    for rule in (*BY_RECORDS, *BY_FAULT):
        of_any_system = rule.part.startswith("{")
        if (of_any_system or found.is_reference) and (because := rule.evidence(found)):
            likely = Likely(part=_named(rule.part, found), because=because, remedy=rule.remedy)
            yield _Match(weight=rule.weight, likely=likely)


def _named(part: str, found: Findings) -> str:
    names = {"{edge}": found.edge, "{service}": found.service, "{opened}": found.opened}
    for place, name in names.items():
        part = part.replace(place, name)
    return part


def with_causes(scorecard: Scorecard) -> Scorecard:
    """The scorecard with its likely causes; a run that did not fail has none."""
    if scorecard.verdict != "FAIL" or scorecard.picture is None:
        return scorecard
    picture = scorecard.picture
    found = replace(findings(scorecard.document, picture.metrics), opened=_opened(picture.lanes))
    causes = likely_causes(found)
    return replace(scorecard, document=msgspec.structs.replace(scorecard.document, likely=causes))


def findings(document: Document, metrics: Sequence[str]) -> Findings:
    """What a failed run shows; `metrics` are those of its objectives, in their order."""
    results = zip(document.objectives, metrics, strict=True)
    edges = [fault.target for fault in document.faults if ">" in fault.target]
    instances = [fault.target for fault in document.faults if ">" not in fault.target]
    last = instances[-1] if instances else ""
    return Findings(
        proofs={
            found.kind: found.proof
            for check in document.checks.values()
            for found in check.violations
        },
        missed=frozenset(metric for result, metric in results if result.verdict != "pass"),
        edge=edges[-1].partition("#")[0] if edges else "",
        service=last.rpartition("-")[0] or last,
        fault=document.faults[-1].name if document.faults else "",
        variables=_variables(document.faults[-1:]),
        repeats={
            edge: told.attempts_per_call
            for edge, told in document.edges.items()
            if told.attempts_per_call is not None
        },
        is_reference=set(document.checks) >= _REFERENCE,
    )


def _variables(last: Sequence[Fault]) -> str:
    asked = last[0].evidence.get("asked", {}) if last else {}
    return str(asked.get("variables", ""))


def _opened(lanes: Iterable[Lane]) -> str:
    """The edge of the first lane of a breaker that was open: `breaker edge instance`."""
    of_breakers = (lane for lane in lanes if lane.usual == "closed")
    opened = (one for one in of_breakers if any(span.state == "open" for span in one.spans))
    return next((lane.name.split()[1] for lane in opened), "")
