"""The life of a fault in words: when it was proven on and gone, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.timeline import Scalar
from reports.verdict.scorecard import Fault

_SKIPPED: Final = (
    *("fault_id", "identity", "identity_before", "ended", "state", "waited_ms", "works"),
    *("hits_before", "hits_after", "hits_last", "requests_before", "requests_after"),
    *("requests_last", "effect", "samples", "longest_gap_s", "units", "touched", "exact"),
)
_SIGNALS: Final = {"SIGKILL": "killed with SIGKILL", "SIGSTOP": "frozen with SIGSTOP"}


def say_life(fault: Fault) -> list[str]:
    """Three sentences: on, held, gone."""
    told = [_asked(fault), _on(fault), _held(fault), _gone(fault)]
    return [f"{each[0].upper()}{each[1:]}." for each in told if each]


def _asked(fault: Fault) -> str:
    if fault.asked_s is None:
        return ""
    facts = fault.evidence.get("asked", {})
    how = _SIGNALS.get(str(facts.get("signal", "")), "")
    settings = how or _rest(facts)
    return f"asked for at {fault.asked_s:.2f} s{f' ({settings})' if settings else ''}"


def _on(fault: Fault) -> str:
    if fault.verified_s is None:
        return "it was never proven to be on"
    by = _proof(fault.evidence.get("verified", {}))
    return f"proven on at {fault.verified_s:.2f} s{f': {by}' if by else ''}"


def _held(fault: Fault) -> str:
    facts = fault.evidence.get("held", {})
    samples, gap_s = facts.get("samples"), facts.get("longest_gap_s")
    if samples is None:
        return ""
    seen = f"seen on in each of {samples} samples, {gap_s} s apart at most"
    units, touched = facts.get("units"), facts.get("touched")
    if isinstance(units, int) and isinstance(touched, int):
        seen += f"; it touched {touched:,} of {units:,} requests or connections"
    rest = _rest(facts)
    return f"{seen}{f' ({rest})' if rest else ''}"


def _gone(fault: Fault) -> str:
    if fault.verified_undone_s is None:
        return "it was never proven to be gone"
    by = _proof(fault.evidence.get("verified_undone", {}), gone=True)
    undone = "" if fault.undone_s is None else f"undone at {fault.undone_s:.2f} s, "
    return f"{undone}proven gone at {fault.verified_undone_s:.2f} s{f': {by}' if by else ''}"


def _proof(facts: Mapping[str, Scalar], *, gone: bool = False) -> str:
    """What was measured, each fact as a clause."""
    told = []
    if facts.get("ended") is True:
        told.append("its process had ended")
    if "state" in facts:
        told.append(f"the instance was {facts['state']}")
    if {"identity", "identity_before"} <= facts.keys():
        told.append("as a new process" if facts["identity"] != facts["identity_before"] else "")
    told.append(_hits(facts, gone=gone))
    told.append(_rest(facts))
    return ", ".join(part for part in told if part)


def _hits(facts: Mapping[str, Scalar], *, gone: bool) -> str:
    """Counters of an edge: how many requests the fault touched."""
    before, after = facts.get("hits_last" if gone else "hits_before"), facts.get("hits_after")
    if not isinstance(before, int) or not isinstance(after, int):
        return ""
    asked_before = facts.get("requests_last" if gone else "requests_before")
    asked_after = facts.get("requests_after")
    of = ""
    if isinstance(asked_before, int) and isinstance(asked_after, int):
        of = f" of the next {asked_after - asked_before:,} requests"
    if gone and after == before:
        return f"none{of} was touched" if of else "no request was touched any more"
    return f"it touched {after - before:,}{of}"


def _rest(facts: Mapping[str, Scalar]) -> str:
    """Settings and facts without words of their own."""
    return ", ".join(
        f"{key.replace('_', ' ')} {value}"
        for key, value in facts.items()
        if key not in _SKIPPED and key != "signal" and value is not None
    )
