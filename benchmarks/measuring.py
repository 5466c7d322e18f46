"""Measures rows in interleaved rounds: ours, each peer, ours, each peer; marks the disturbed.

A row is one execution that yields figures for several cases. All sides of a row run in the same
rounds on the same machine, so that a slow minute is slow for all of them; medians are compared.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from harness.clock import SystemClock
from harness.machine import OwnTree, read_cpu, slice_of

FOREIGN_LIMIT: Final = 0.05  # of all cores; above it a round counts as disturbed
Figures = Mapping[str, float]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a row. `against` value: the goal holds for ours; ratio: for ours / peer's."""

    name: str
    unit: str
    goal: float | None = None
    must: Literal["<=", ">="] = "<="
    against: Literal["value", "ratio"] = "value"


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Someone else's way to the same figures. `missing` says why it cannot run here, or is ""."""

    name: str
    measure: Callable[[], Figures]
    missing: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what it means to a user, its cases, our way and the peers'."""

    name: str
    meaning: str
    cases: tuple[Case, ...]
    ours: Callable[[], Figures]
    peers: tuple[Peer, ...] = ()
    rounds: int = 3


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One case against one peer (or none): medians over the rounds, and our range."""

    row: str
    case: str
    unit: str
    ours: float | None
    ours_min: float | None
    ours_max: float | None
    peer_name: str
    peer: float | None
    ratio: float | None
    goal: str
    met: bool | None
    disturbed: bool
    rounds: int


def run_row(row: Row, rounds: int | None = None) -> tuple[Result, ...]:
    """Measure one row. What a side raises is its own: nothing is made up for it."""
    sides: dict[str, Callable[[], Figures]] = {"": row.ours}
    sides.update({p.name: p.measure for p in row.peers if not p.missing})
    count = rounds or row.rounds
    seen: dict[str, list[Figures]] = {name: [] for name in sides}
    disturbed = False
    for _ in range(count):
        for name, measure in sides.items():
            figures, foreign = _undisturbed(measure)
            seen[name].append(figures)
            disturbed = disturbed or foreign > FOREIGN_LIMIT
    return tuple(
        _result(row, case, peer, seen, disturbed=disturbed)
        for case in row.cases
        for peer in (*row.peers, None)
        if (peer is not None) == bool(row.peers)
    )


def _result(
    row: Row, case: Case, peer: Peer | None, seen: dict[str, list[Figures]], *, disturbed: bool
) -> Result:
    ours = [f[case.name] for f in seen[""] if case.name in f]
    theirs = [f[case.name] for f in seen.get(peer.name, []) if case.name in f] if peer else []
    median = statistics.median(ours) if ours else None
    other = statistics.median(theirs) if theirs else None
    ratio = median / other if median and other and median > 0 and other > 0 else None
    return Result(
        row=row.name,
        case=case.name,
        unit=case.unit,
        ours=median,
        ours_min=min(ours, default=None),
        ours_max=max(ours, default=None),
        peer_name=_named(peer),
        peer=other,
        ratio=ratio,
        goal=_goal(case),
        met=_met(case, median, ratio),
        disturbed=disturbed,
        rounds=len(ours),
    )


def not_measured(row: Row, why: str) -> tuple[Result, ...]:
    """Every case of a row that broke: no figure, and the reason in the peer's place."""
    return tuple(
        Result(
            row=row.name,
            case=case.name,
            unit=case.unit,
            ours=None,
            ours_min=None,
            ours_max=None,
            peer_name=f"not measured: {why}",
            peer=None,
            ratio=None,
            goal=_goal(case),
            met=None,
            disturbed=False,
            rounds=0,
        )
        for case in row.cases
    )


def _named(peer: Peer | None) -> str:
    if peer is None:
        return ""
    return f"{peer.name}: {peer.missing}" if peer.missing else peer.name


def _goal(case: Case) -> str:
    if case.goal is None:
        return ""
    return f"{'ratio ' if case.against == 'ratio' else ''}{case.must} {case.goal:g}"


def _met(case: Case, ours: float | None, ratio: float | None) -> bool | None:
    """None where there is no goal, or nothing to compare with."""
    value = ours if case.against == "value" else ratio
    if case.goal is None or value is None:
        return None
    return value <= case.goal if case.must == "<=" else value >= case.goal


def _undisturbed(measure: Callable[[], Figures]) -> tuple[Figures, float]:
    """The figures, and the share of all cores that others took meanwhile.

    Ours is what this process, its descendants and their dead took.
    """
    clock, own = SystemClock(), OwnTree(os.getpid())
    begin = read_cpu(own, clock)
    figures = measure()
    whole = slice_of([begin], read_cpu(own, clock), begin.mono_ns, os.cpu_count() or 1)
    return figures, whole.foreign
