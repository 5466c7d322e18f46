"""What a fault is: settings in a frozen record, and how it is done, proven, held and undone.

A fault changes nothing but through the target, keeps no state, and never waits: the driver asks it
again and again until its finding is proven or the time is up.

The contract with the judge. The driver writes what a fault returns into the timeline, and the judge
reads only that; neither knows the kind of fault or of target. `held` is sampled from `verified` to
`undone` (every 0.5 s and once more just before the undo); each sample is one event `held`, its
finding under `on`. The judge requires a sample at least every two seconds, each with `on` true. It
also compares the dose when these keys are there:

```
settings()      percent       the share of units that the fault must touch (100: all of them)
                latency_ms    the delay that each touched unit must get
                deaths        how often the instance must end unasked while the fault is on
held() evidence units         what the fault could have touched since it was set (requests, chunks,
                              connections)
                touched       how many of them it has touched; both counts only grow
                exact         True where the units are chosen by count, not by chance: the share of
                              few units is then as sure as that of many
                delay_ms      the sum of the delays that were measured on the touched units, or
                set_ms        the delay that the target reports as set, where it cannot measure
                deaths        how often the instance has ended unasked since the fault was set;
                              then a state of the instance does not mean that the fault was off
```

A fault with `percent` must return `units` and `touched`; one with `latency_ms` must return
`delay_ms` or `set_ms`. A fault that returns `units` says `percent`, None where it cannot count what
it has touched (a closed port); one that returns `deaths` says `deaths`.
A dose of another kind (bytes per second) is checked by the fault itself: `held` is then not proven.
The action that injects a fault named `x` is called `inject_x`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from harness.targets.base import Target
from harness.timeline import Scalar

Evidence = dict[str, Scalar]
AT_ONCE_S: Final = 0.05  # an instance's state: look as often as is cheap
QUIET_S: Final = 0.3  # an edge's counter: long enough for a request to come by


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a resource looked like before its fault. Zero where it does not apply."""

    identity: str = ""
    hits: int = 0
    requests: int = 0
    exposed: int = 0
    chosen: int = 0
    offered: int = 0
    delay_ms: float | None = None
    deaths: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Whether something is proven, and by what."""

    proven: bool
    evidence: Evidence = field(default_factory=dict)


@runtime_checkable
class TakesLonger(Protocol):
    """A fault whose effect shows later than that of others."""

    @property
    def verify_within_s(self) -> float:
        """How long its proof is waited for."""


class Fault(Protocol):
    """One fault. Every method raises TargetError when the target fails it."""

    @property
    def name(self) -> str:
        """Its kind, as the timeline names it."""

    @property
    def resource(self) -> str:
        """The instance or edge it is aimed at."""

    @property
    def held_as(self) -> str:
        """What its lease and its undo record name; no two faults at once have the same.

        The resource, or `resource#slot` where a resource can have several faults.
        """

    @property
    def undo_action(self) -> str:
        """The action of the target that undoes it when only the undo log is left."""

    @property
    def look_again_s(self) -> float:
        """How far apart two looks must lie to tell that it is undone."""

    def settings(self) -> Evidence:
        """What was asked for."""

    def look(self, target: Target) -> Seen:
        """What the resource looks like now."""

    def inject(self, target: Target, lease_s: float) -> None:
        """Do it, for `lease_s` seconds unless renewed."""

    def verify(self, target: Target, before: Seen) -> Proof:
        """Whether it bites: judged by its effect, not by what the target was asked to do."""

    def held(self, target: Target, before: Seen) -> Proof:
        """Whether it is still on, by the target's own state; may be called from another thread."""

    def undo(self, target: Target) -> None:
        """Take it away; harmless if it is not there."""

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Whether all is as before. `last` is what was seen a short while ago."""
