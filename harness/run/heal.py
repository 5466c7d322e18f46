"""Healing: replay the undo log of a run that ended or died, newest first, and prove each undo.

Safe to do twice, and safe where the fault never happened. What cannot be proven stays in the log.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import NS_PER_S, Clock, SystemClock
from harness.errors import HarnessError, UnknownResourceError
from harness.safety.ending import end_processes, living_of
from harness.safety.identity import family
from harness.safety.mark import bearers, own_line, socket_server, state_prefix
from harness.safety.remains import remove_remains, remove_sockets
from harness.safety.state import State
from harness.safety.undo import REPLAYED, UndoLog, UndoRecord
from harness.targets.base import Undoes
from harness.targets.records import split_slot
from harness.targets.registry import TOOLKIT, target_type
from harness.timeline import Timeline

_PROCESSES: Final = ("process", "run")
_NO_FAULT: Final = (*_PROCESSES, "folder", "load")


class Healed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one record. `kind`: a fault's action, else the record's kind.

    `how` is a sentence for a person.
    """

    id: str
    kind: str
    resource: str
    undone: bool
    how: str


class HealReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found and done. `cleared`: nothing is pending and the log is gone.

    `kept` names the processes of a system that is up and was left alone.
    """

    records: tuple[Healed, ...]
    kept: tuple[str, ...]
    cleared: bool

    @property
    def failed(self) -> tuple[Healed, ...]:
        """What could not be proven undone."""
        return tuple(record for record in self.records if not record.undone)

    @property
    def failures(self) -> str:
        """The same in words."""
        return "; ".join(f"{r.kind} {r.resource}: {r.how}" for r in self.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long healing may wait, in seconds, and how often it looks."""

    end_s: float = 5.0
    verify_s: float = 15.0
    poll_s: float = 0.1


def heal(
    state: State,
    target: Undoes | None,
    timeline: Timeline,
    clock: Clock | None = None,
    patience: Patience | None = None,
    *,
    unsealed: bool = False,
) -> HealReport:
    """Undo all that is pending and clear the log if nothing is left.

    `target` is a system that is up and answers: it undoes the faults, and its processes are kept.
    Without one, the recorded processes and all that bear the mark of a run of this state folder are
    what a dead run left over: they are killed, what they left on disk is removed, and each fault's
    target undoes it by itself (`orphaned`). With `unsealed` the
    record of a folder that is about to be sealed is kept.
    Raises RefusedError if the undo log cannot be read.
    """
    healer = _Healer(target, timeline, clock or SystemClock(), patience or Patience())
    log = UndoLog(state.undo)
    found = log.pending()
    kept = tuple(r for r in found if r.kind in _PROCESSES and target is not None)
    later = tuple(r for r in found if r.kind == "folder" and unsealed)
    records = tuple(r for r in found if r not in (*kept, *later))
    if target is None:
        records += unnoted(state, records)
    healed = healer.heal(records)
    for record in healed:
        if record.undone and record.id:
            log.undone(record.id)
    proven = all(record.undone for record in healed)
    if target is None and proven:
        remove_sockets(state.root)
    return HealReport(
        records=healed,
        kept=tuple(r.resource for r in kept),
        cleared=proven and (bool(later) or log.clear()),
    )


def unnoted(state: State, records: tuple[UndoRecord, ...]) -> tuple[UndoRecord, ...]:
    """Processes that bear a mark of this state folder or serve its socket, and are in no record."""
    known = {process.pid for process in living_of(records)}
    server = socket_server(state.target_socket)
    found = [*bearers(state_prefix(state.root)), *([server] if server else [])]
    strays = {p.pid: p for p in family(*((p.pid, p.started_ticks) for p in found))}
    return tuple(
        UndoRecord(
            id="", kind="process", resource="unrecorded", pid=pid, started_ticks=p.started_ticks
        )
        for pid, p in strays.items()
        if pid not in known and pid not in own_line()
    )


def undo_faults(state: State, target: Undoes, timeline: Timeline) -> tuple[Healed, ...]:
    """At the end of a run: undo what the conductor left on, if anything, and prove it.

    Processes and the log are left alone. Raises RefusedError if the log cannot be read.
    """
    log = UndoLog(state.undo)
    faults = tuple(r for r in log.pending() if r.kind not in _NO_FAULT)
    healed = _Healer(target, timeline, SystemClock(), Patience()).heal(faults)
    for record in healed:
        if record.undone:
            log.undone(record.id)
    return healed


class _Healer:
    def __init__(
        self, target: Undoes | None, timeline: Timeline, clock: Clock, patience: Patience
    ) -> None:
        self._target, self._timeline = target, timeline
        self._clock, self._patience = clock, patience

    def heal(self, records: tuple[UndoRecord, ...]) -> tuple[Healed, ...]:
        """First take all away, newest first, then prove that it is gone, within one time limit."""
        errors = {record.id: self._take_away(record) for record in records}
        if self._target is None:
            end_processes(records, self._clock, self._patience.end_s)
        until_ns = self._clock.monotonic_ns() + round(self._patience.verify_s * NS_PER_S)
        return tuple(self._prove(r, errors[r.id], until_ns) for r in records)

    def _take_away(self, record: UndoRecord) -> str:
        if record.kind not in REPLAYED:
            return ""
        try:
            self._undoer(record).undo(record.action, record.data)
        except HarnessError as error:
            return str(error)
        if self._target is not None:
            self._tell(record, "undone", "asked for")
        return ""

    def _undoer(self, record: UndoRecord) -> Undoes:
        """The system that is up if the record is its own, else the record's target by itself.

        Raises ConfigError.
        """
        if self._target is not None and record.target != TOOLKIT:
            return self._target
        return target_type(record.target).orphaned()

    def _prove(self, record: UndoRecord, error: str, until_ns: int) -> Healed:
        while True:
            undone, how = self._look(record)
            if undone or self._clock.monotonic_ns() >= until_ns:
                break
            self._clock.sleep(self._patience.poll_s)
        how = f"{how}; {error}" if error and not undone else how
        self._tell(record, "verified_undone" if undone else "undo_failed", how)
        return Healed(
            id=record.id, kind=record.does, resource=record.resource, undone=undone, how=how
        )

    def _look(self, record: UndoRecord) -> tuple[bool, str]:
        """Whether it is undone, and how that is known."""
        if record.kind == "process":
            left = living_of((record,))
            return not left, f"pid {record.pid}: {len(left)} processes left"
        if record.kind in REPLAYED:
            return self._ask_target(record)
        return self._clear_away(record)

    def _ask_target(self, record: UndoRecord) -> tuple[bool, str]:
        try:
            return self._undoer(record).undone(record.action, record.data)
        except UnknownResourceError:
            return True, "the system that is up has no such resource"
        except HarnessError as error:
            return False, str(error)

    def _clear_away(self, record: UndoRecord) -> tuple[bool, str]:
        """A run has ended when none of its processes is left; then its data goes too."""
        left = living_of((record,))
        if left:
            return False, f"{len(left)} processes left, the first is pid {left[0].pid}"
        try:
            freed = remove_remains(Path(record.resource), record.mark)
        except OSError as error:
            return False, f"no process left; {error.filename}: {error.strerror}"
        return True, f"no process left; {freed / 1e6:.1f} MB of data removed"

    def _tell(self, record: UndoRecord, kind: str, how: str) -> None:
        """Only faults have a place in the timeline; and a full disk must not keep one on."""
        if record.kind in _NO_FAULT:
            return
        name = record.fault or record.kind
        with suppress(OSError):
            self._timeline.tell(
                "fault",
                kind,
                name,
                split_slot(record.resource)[0],
                fault_id=record.id,
                by="heal",
                how=how,
            )
