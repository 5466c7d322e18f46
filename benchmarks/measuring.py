"""Measures rows in interleaved rounds: ours, each peer, ours, each peer; marks the disturbed.

A row is one execution that yields figures for several cases. All sides of a row run in the same
rounds on the same machine, so that a slow minute is slow for all of them; medians are compared.
Before and after every side a yardstick is laid to the machine itself.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from benchmarks.yardstick import yard_ms
from harness.clock import SystemClock
from harness.host.cpu import CpuMeter, slice_of

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
    """One case against one peer (or none): medians over the rounds, and our range.

    `yard_ms` is the row's median yardstick, None where there was none. In ms, not as a share of
    the fastest: it then says as much where one row is run alone, and may be laid beside any table.
    """

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
    yard_ms: float | None


def run_row(
    row: Row, rounds: int | None = None, yard: Callable[[], float] = yard_ms
) -> tuple[Result, ...]:
    """Measure one row. What a side raises is its own: nothing is made up for it."""
    sides: dict[str, Callable[[], Figures]] = {"": row.ours}
    sides.update({p.name: p.measure for p in row.peers if not p.missing})
    count = rounds or row.rounds
    seen = _Seen(figures={name: [] for name in sides}, yards_ms=[yard()])
    for _ in range(count):
        for name, measure in sides.items():
            figures, foreign = _undisturbed(measure)
            seen.figures[name].append(figures)
            seen.yards_ms.append(yard())
            seen.disturbed = seen.disturbed or foreign > FOREIGN_LIMIT
    return tuple(
        _result(row, case, peer, seen)
        for case in row.cases
        for peer in (*row.peers, None)
        if (peer is not None) == bool(row.peers)
    )


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What the rounds of one row have yielded, figures by the name of the side."""

    figures: dict[str, list[Figures]]
    yards_ms: list[float]
    disturbed: bool = False

    def of(self, side: str, case: Case) -> list[float]:
        """One case's figures on one side; a side that did not run has none."""
        return [f[case.name] for f in self.figures.get(side, []) if case.name in f]


def _result(row: Row, case: Case, peer: Peer | None, seen: _Seen) -> Result:
    ours = seen.of("", case)
    theirs = seen.of(peer.name, case) if peer else []
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
        disturbed=seen.disturbed,
        rounds=len(ours),
        yard_ms=statistics.median(seen.yards_ms),
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
            yard_ms=None,
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
    """None without a goal or without a value to compare."""
    value = ours if case.against == "value" else ratio
    if case.goal is None or value is None:
        return None
    return value <= case.goal if case.must == "<=" else value >= case.goal


def _undisturbed(measure: Callable[[], Figures]) -> tuple[Figures, float]:
    """The figures, and the share of all cores that other processes took during the measurement.

    This process and all its descendants, ended ones included, are not other processes.
    """
    meter = CpuMeter(os.getpid(), SystemClock())
    begin = meter.read()
    figures = measure()
    whole = slice_of([begin], meter.read(), begin.mono_ns, meter.allowance.cores)
    return figures, whole.foreign
