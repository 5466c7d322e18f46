"""The resource that saturates, from the load of a run at its limit; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

import msgspec

from harness.campaigns.records import Load

MACHINE_FULL: Final = 0.9
CORE_FULL: Final = 0.85
WAITS_MATTER: Final = 0.01
_NAMED: Final = 3


class Saturated(msgspec.Struct, frozen=True, kw_only=True):
    """One resource at its limit, or "" where none is shown to be; `share`: how full it was."""

    resource: str
    share: float | None
    text: str


def saturated(loads: Sequence[Load | None]) -> tuple[Saturated, ...]:
    """The resources at their limit, the scarcest first; from all repeats of an arm."""
    known = [load for load in loads if load is not None]
    if not known:
        return (Saturated(resource="", share=None, text="not measured"),)
    mean = mean_load(known)
    found = [*_machine(mean), *_waits(mean.waits), *_processes(mean)]
    return tuple(found) or (_nothing(mean),)


def mean_load(loads: Sequence[Load]) -> Load:
    """The mean of several loads; a process that is missing in one of them counts as 0 there."""
    busy = [load.machine for load in loads if load.machine is not None]
    return Load(
        machine=fmean(busy) if busy else None,
        cores=max(load.cores for load in loads),
        processes=_means([load.processes for load in loads]),
        waits=_means([load.waits for load in loads]),
    )


def _machine(load: Load) -> list[Saturated]:
    if load.machine is None or load.machine < MACHINE_FULL:
        return []
    text = f"the machine: {load.machine:.0%} of {load.cores:g} cores busy; {_dearest(load)}"
    return [Saturated(resource="machine", share=round(load.machine, 4), text=text)]


def _waits(waits: Mapping[str, float]) -> list[Saturated]:
    many = sorted((-share, name) for name, share in waits.items() if share >= WAITS_MATTER)
    return [
        Saturated(resource=name, share=round(-share, 4), text=f"{name}: {-share:.2f} an intent")
        for share, name in many
    ]


def _processes(load: Load) -> list[Saturated]:
    full = sorted((-share, name) for name, share in load.processes.items() if share >= CORE_FULL)
    return [
        Saturated(
            resource=f"CPU of {name}",
            share=round(-share, 4),
            text=f"CPU of {name}: {-share:.0%} of one core",
        )
        for share, name in full
    ]


def _nothing(load: Load) -> Saturated:
    busy = "" if load.machine is None else f"; the machine is {load.machine:.0%} busy"
    return Saturated(
        resource="", share=load.machine, text=f"none is at its limit{busy}; {_dearest(load)}"
    )


def _dearest(load: Load) -> str:
    most = sorted(load.processes.items(), key=lambda item: (-item[1], item[0]))[:_NAMED]
    return ", ".join(f"{name} {share:.0%}" for name, share in most) or "no process was measured"


def _means(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for one in each for name in one)
    return {name: fmean(one.get(name, 0.0) for one in each) for name in names}
