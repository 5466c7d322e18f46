"""Was each fault on for its whole length and with the dose that was asked for.

It reads the timeline only: the driver's samples and what the target itself reported. Neither the
kind of fault nor the kind of target matters; harness/faults/base.py lists the keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from harness.timeline import Event, Scalar
from reports.measures import dose
from reports.measures.phases import FaultLife, Sample
from reports.measures.reason import Reason

# For so long a target keeps a fault on by its own promise (the lease of harness/safety/lease.py);
# what happens in a longer gap is not known.
MAX_GAP_S: Final = 2.0
_LAPSES: Final = {"lease_expired": "its lease ran out", "fault_set_again": "it had to be set again"}


def about_held(lives: Iterable[FaultLife], events: tuple[Event, ...], t0: int) -> list[Reason]:
    """For each fault that was proven and undone: why it is not proven for its whole length."""
    found = []
    lives = tuple(lives)
    for life in lives:
        if life.marked or not {"verified", "undone"} <= life.at_s.keys():
            continue  # marks.py and validity.py report that
        what = f"The fault {life.name} of {life.target}"
        if lapse := _lapse(life, events, t0):
            text = f"{what} was not on for its whole length: {lapse}."
            found.append(Reason(code="fault_not_held", text=text))
        elif wrong := dose.wrong(life):
            found.append(Reason(code="fault_not_held", text=f"{what} had another dose: {wrong}."))
        elif unseen := dose.unseen(life, as_step=dose.is_step(life, lives)):
            found.append(Reason(code="fault_unobserved", text=f"{what} is not proven: {unseen}."))
    return found


def summary(life: FaultLife) -> dict[str, Scalar]:
    """The evidence of the whole window, for verdict.json and the page."""
    on = [sample for sample in life.samples if sample.on]
    if not on or not {"verified", "undone"} <= life.at_s.keys():
        return {}
    figures: dict[str, Scalar] = {"samples": len(on), "longest_gap_s": round(_gap(life)[0], 3)}
    return {**figures, **{key: v for key, v in on[-1].data.items() if key not in _PLUMBING}}


_PLUMBING: Final = ("on", "fault_id")


def _lapse(life: FaultLife, events: tuple[Event, ...], t0: int) -> str:
    lost = life.proof.get("undone", {}).get("lease_lost")
    if lost:
        return f"its lease was lost ({lost})"
    if not any(sample.on for sample in life.samples):
        return "it was never looked at after its proof"
    off = next((sample for sample in life.samples if sample.on is False), None)
    if off is not None:
        return f"at {off.at_s:.1f} s it was off ({_shown(off)})"
    gap_s, at_s = _gap(life)
    if gap_s > MAX_GAP_S:
        return f"from {at_s:.1f} s on it was not looked at for {gap_s:.1f} s"
    return _reported(life, events, t0)


def _gap(life: FaultLife) -> tuple[float, float]:
    """The longest time between two looks that found it on, and when it began."""
    looks = [sample.at_s for sample in life.samples if sample.on]
    times = [life.at_s["verified"], *looks, life.at_s["undone"]]
    return max((later - earlier, earlier) for earlier, later in pairwise(times))


def _reported(life: FaultLife, events: tuple[Event, ...], t0: int) -> str:
    """What the target itself reported while the fault was to be on.

    An instance's next state is expected from the last look on: the undo has begun by then. A fault
    that counts deaths lives on over the deaths of its instance. A target that replaces instances
    reports the states of the successor under the same name and another uid. `unready` is what a
    fault makes of an instance: a frozen one fails its readiness probe.
    """
    on = [sample for sample in life.samples if sample.on]
    last_look_s, outlives = on[-1].at_s, "deaths" in on[-1].data
    resource = life.target.partition("#")[0]
    for event in events:
        at_s = event.at_s(t0)
        if event.source != "target" or event.name.partition("#")[0] != resource:
            continue
        if event.kind in _LAPSES and life.at_s["verified"] <= at_s <= life.at_s["undone"]:
            return f"at {at_s:.1f} s {_LAPSES[event.kind]}"
        if event.kind != "instance" or outlives or event.data.get("state") == "unready":
            continue
        if _is_successor(event, life):
            continue
        if life.at_s["verified"] < at_s < last_look_s:
            return f"at {at_s:.1f} s the instance was {event.data.get('state')}"
    return ""


def _is_successor(event: Event, life: FaultLife) -> bool:
    """Whether the event is of another instance than the one that the fault was proven on."""
    uid, struck = event.data.get("uid"), life.proof.get("verified", {}).get("identity")
    return bool(uid and struck) and str(uid) not in str(struck).split("/")


def _shown(sample: Sample) -> str:
    shown = {key: value for key, value in sample.data.items() if key not in _PLUMBING}
    return ", ".join(f"{key} {value}" for key, value in shown.items()) or "no detail"
