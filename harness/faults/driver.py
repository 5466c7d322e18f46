"""One fault's life: undo record, inject, prove, hold, undo, prove undone; each step is an event.

While a fault is on it is sampled (`watch.py`): the proof at its start says nothing of its end.

A fault that cannot be proven is undone at once: traffic past a fault that does not bite would look
like resilience.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from harness.clock import NS_PER_S, Clock
from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.faults.base import Evidence, Fault, Proof, Seen, TakesLonger
from harness.faults.watch import NoWatch, Sampling, Watch
from harness.safety.lease import LEASE_S, Heartbeat, Lease, NoLease
from harness.safety.undo import Undo, UndoLog
from harness.targets.base import Leases, Remembers, Target, able
from harness.targets.registry import word_of
from harness.timeline import Scalar, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each step may take, how long a fault may be held, and how many at once."""

    verify_s: float = 3.0
    verify_undone_s: float = 15.0
    retry_s: float = 2.0  # for an undo that was waited for in vain before
    poll_s: float = 0.05
    max_held_s: float = 300.0
    max_faults: int = 8


@dataclass(slots=True, kw_only=True)
class Held:
    """A fault that is on, or may be: it is held from its undo record until it is proven undone."""

    id: str
    fault: Fault
    before: Seen
    lease: Lease = field(default_factory=NoLease)
    watch: Watch = field(default_factory=NoWatch)
    evidence: Evidence = field(default_factory=dict)
    undo_failed: bool = False


class Driver:
    """Holds the faults of one process. Not for several threads."""

    def __init__(
        self,
        target: Target,
        undo_log: UndoLog,
        timeline: Timeline,
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self._target, self._undo_log = target, undo_log
        self._timeline, self._clock = timeline, clock
        self._limits = limits or Limits()
        self._held: list[Held] = []

    @property
    def held(self) -> tuple[Held, ...]:
        """The faults that are on, or were not proven undone, oldest first."""
        return tuple(self._held)

    def inject(self, fault: Fault) -> Held:
        """Do it and prove it. Raises FaultError, after undoing, when it cannot be proven.

        Raises UnknownResourceError before any change when the instance or edge does not exist.
        """
        held = self._begin(fault)
        try:
            fault.inject(self._target, LEASE_S)
            held.lease = Heartbeat(
                able(self._target, Leases).renew, fault.held_as, self._limits.max_held_s
            )
            self._tell(held, "injected", _identity(held.before))
            found = self._wait(
                lambda: fault.verify(self._target, held.before), self._verify_s(fault)
            )
        except TargetError as error:
            found = Proof(proven=False, evidence={"error": str(error)})
        held.evidence = found.evidence
        self._tell(held, "verified" if found.proven else "unproven", found.evidence)
        if not found.proven:
            self.undo((held,))
            raise FaultError(f"{fault.name} of {fault.resource} is not proven: {found.evidence}")
        held.watch = Sampling(partial(self._sample, held))
        return held

    def tell(self, kind: str, name: str, resource: str, data: Evidence) -> None:
        """Write an event of a fault that is not one of its steps here."""
        self._timeline.tell("fault", kind, name, resource, **data)

    def undo_all(self) -> tuple[str, ...]:
        """Undo all faults, newest first, also after an error; returns a sentence for each error."""
        return self.undo(self.held)

    def undo(self, chosen: Sequence[Held]) -> tuple[str, ...]:
        """Undo these, newest first: first take all away, then prove that they are gone."""
        newest_first = chosen[::-1]
        errors = {held.id: self._take_away(held) for held in newest_first}
        failed = [self._prove_undone(held, errors[held.id]) for held in newest_first]
        return tuple(text for text in failed if text)

    def _verify_s(self, fault: Fault) -> float:
        return fault.verify_within_s if isinstance(fault, TakesLonger) else self._limits.verify_s

    def _begin(self, fault: Fault) -> Held:
        """The undo record comes first: once it is on disk the fault may be done."""
        if len(self._held) >= self._limits.max_faults:
            raise FaultError(f"{len(self._held)} faults are on already, which is the most allowed")
        if any(held.fault.held_as == fault.held_as for held in self._held):
            raise FaultError(f"{fault.held_as} has a fault already; undo it first")
        before = fault.look(self._target)
        data = {"resource": fault.held_as, "identity": before.identity}
        if isinstance(self._target, Remembers):
            data |= self._target.undo_data()
        undo = Undo(
            target=word_of(self._target),
            action=fault.undo_action,
            resource=fault.held_as,
            data={key: value for key, value in data.items() if value},
        )
        record = self._undo_log.intent(undo, LEASE_S, fault=fault.name)
        held = Held(id=record, fault=fault, before=before)
        self._held.append(held)
        self._tell(held, "asked", fault.settings())
        return held

    def _take_away(self, held: Held) -> str:
        """Undo, and say what went wrong. The lease ends first: it must not outlive the fault."""
        held.watch.stop()
        held.lease.stop()
        try:
            held.fault.undo(self._target)
        except TargetError as error:
            return str(error)
        self._tell(held, "undone", {"lease_lost": held.lease.lost} if held.lease.lost else {})
        return ""

    def _sample(self, held: Held, closed: Callable[[], bool]) -> None:
        """Write an event that says whether it is on now.

        Runs in the thread of its watch, so it must not raise.
        """
        try:
            found = held.fault.held(self._target, held.before)
            sample: Evidence = {"on": found.proven, **found.evidence}
        except TargetError as error:
            sample = {"on": None, "error": str(error)}
        if not closed():
            self._tell(held, "held", sample)

    def _prove_undone(self, held: Held, error: str) -> str:
        """Wait for the proof. Even an undo that failed may have happened: leases end by themselves.

        Without proof the undo record stays open, for `squall heal`.
        """
        fault, last = held.fault, [held.before]

        def look() -> Proof:
            with suppress(UnknownResourceError):  # another one has taken its place
                last[0] = fault.look(self._target)
            self._clock.sleep(fault.look_again_s)
            return fault.verify_undone(self._target, held.before, last[0])

        limits = self._limits
        found = self._wait(look, limits.retry_s if held.undo_failed else limits.verify_undone_s)
        held.undo_failed = not found.proven
        evidence = {**found.evidence, "error": error} if error else found.evidence
        self._tell(held, "verified_undone" if found.proven else "undo_failed", evidence)
        if not found.proven:
            return f"{fault.name} of {fault.resource} is not proven undone: {evidence}"
        self._held = [other for other in self._held if other.id != held.id]
        try:
            self._undo_log.undone(held.id)
        except FaultError as cannot_write:
            return str(cannot_write)
        return ""

    def _wait(self, look: Callable[[], Proof], within_s: float) -> Proof:
        """Check until it is proven or the time is up. An error of a check counts as not proven."""
        began_ns = self._clock.monotonic_ns()
        while True:
            try:
                found = look()
            except TargetError as error:
                found = Proof(proven=False, evidence={"error": str(error)})
            waited_s = (self._clock.monotonic_ns() - began_ns) / NS_PER_S
            if found.proven or waited_s >= within_s:
                evidence = {**found.evidence, "waited_ms": round(waited_s * 1000, 1)}
                return Proof(proven=found.proven, evidence=evidence)
            self._clock.sleep(self._limits.poll_s)

    def _tell(self, held: Held, kind: str, data: dict[str, Scalar]) -> None:
        """A full disk must not keep a fault on: an event that is missing is never a pass."""
        try:
            self._timeline.tell(
                "fault",
                kind,
                held.fault.name,
                held.fault.resource,
                **{**data, "fault_id": held.id},
            )
        except OSError as error:
            held.evidence = {**held.evidence, "untold": f"{kind}: {error.strerror}"}


def _identity(before: Seen) -> Evidence:
    if before.identity:
        return {"identity": before.identity}
    return {"hits_before": before.hits, "requests_before": before.requests}
