"""When each fault was asked, proven and gone, from the timeline and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from harness.store import PhaseSpan
from harness.timeline import Event, Scalar

SAMPLED: Final = "held"
STAGES: Final = ("asked", "injected", "verified", "undone", "verified_undone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look at a fault while it was to be on; `on` None: the target did not answer."""

    at_s: float
    on: bool | None
    data: dict[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLife:
    """One fault: seconds since the run's zero by stage, what proved it, and its samples.

    `marked`: somebody else's fault, whose times a person has marked (marks.py).
    """

    key: str
    name: str
    target: str
    at_s: dict[str, float]
    proof: dict[str, dict[str, Scalar]]
    fault_id: str = ""
    samples: list[Sample] = field(default_factory=list)
    marked: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The stages without an event."""
        return tuple(stage for stage in STAGES if stage not in self.at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWindow:
    """From the first verified start to the last verified end.

    A fault may have an effect from `asked_s` on; its proof comes some time later.
    """

    asked_s: float

    begin_s: float
    end_s: float


def fault_lives(events: Iterable[Event], t0_mono_ns: int) -> tuple[FaultLife, ...]:
    """Each fault in the order it was asked. A second asking of the same fault is a second life."""
    lives: list[FaultLife] = []
    for event in events:
        if event.source == "fault" and event.kind == SAMPLED:
            _take_sample(lives, event, t0_mono_ns)
        if event.source != "fault" or event.kind not in STAGES:
            continue
        life = _life_of(lives, event)
        if life is None:
            life = FaultLife(
                key=_key(event),
                name=event.name,
                target=event.target,
                at_s={},
                proof={},
                fault_id=str(event.data.get("fault_id", "")),
            )
            lives.append(life)
        life.at_s[event.kind] = event.at_s(t0_mono_ns)
        if event.data:
            life.proof[event.kind] = event.data
    return tuple(lives)


def fault_window(lives: tuple[FaultLife, ...]) -> FaultWindow | None:
    """Verified start and end of all faults together; None unless each has both."""
    if not lives or any({"verified", "verified_undone"} & set(life.missing) for life in lives):
        return None
    return FaultWindow(
        asked_s=min(life.at_s.get("asked", life.at_s["verified"]) for life in lives),
        begin_s=min(life.at_s["verified"] for life in lives),
        end_s=max(life.at_s["verified_undone"] for life in lives),
    )


def control_window(phases: Iterable[PhaseSpan]) -> FaultWindow | None:
    """The time of the fault in a run without one; None where it ended before."""
    found = next((phase for phase in phases if phase.name == "fault"), None)
    if found is None:
        return None
    return FaultWindow(asked_s=found.begin_s, begin_s=found.begin_s, end_s=found.end_s)


def breaker_open_s(events: Iterable[Event]) -> float:
    """The longest of the breakers' open times, as seen: the shortest open to half-open of each."""
    opened: dict[tuple[str, str], int] = {}
    shortest: dict[tuple[str, str], float] = {}
    for event in events:
        if event.kind != "breaker":
            continue
        key = (event.name, event.target)
        after = breaker_state(event)
        if after == "open":
            opened[key] = event.mono_ns
        elif key in opened:
            lasted = (event.mono_ns - opened.pop(key)) / 1e9
            shortest[key] = min(lasted, shortest.get(key, lasted))
    return max(shortest.values(), default=0.0)


def _take_sample(lives: list[FaultLife], event: Event, t0_mono_ns: int) -> None:
    """Samples count from the proof to the undo; what is seen later is the undo's work."""
    for life in reversed(lives):
        if life.key == _key(event):
            if "verified" in life.at_s and "undone" not in life.at_s:
                on = event.data.get("on")
                seen = on if isinstance(on, bool) else None
                life.samples.append(Sample(at_s=event.at_s(t0_mono_ns), on=seen, data=event.data))
            return


def _life_of(lives: list[FaultLife], event: Event) -> FaultLife | None:
    for life in reversed(lives):
        if life.key == _key(event):
            return None if event.kind in life.at_s else life
    return None


def _key(event: Event) -> str:
    return f"{event.name} {event.target} {event.data.get('fault_id', '')}"


def breaker_state(event: Event) -> str:
    """The state that a breaker went to."""
    return str(event.data.get("after", "")).replace("_", "-")
