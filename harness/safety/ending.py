"""Ends the processes that the undo log names: those of a dead run are killed."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_S, Clock
from harness.safety.identity import Process, family, is_alive, signal_each
from harness.safety.mark import bearers, own_line
from harness.safety.remains import data_of
from harness.safety.undo import UndoRecord

_POLL_S: Final = 0.005


def living_of(records: Iterable[UndoRecord]) -> tuple[Process, ...]:
    """All who still live of the recorded processes and runs, with all who descend from them.

    The caller and those it descends from are never among them. Where the log names the run, a
    session whose leader has ended belongs to it by its mark alone: the leader's pid may be in use
    again.
    """
    records = tuple(records)
    marked = any(record.kind == "run" for record in records)
    roots, spared = [], own_line()
    for record in records:
        if record.kind == "process" and record.pid:
            if not marked or is_alive(record.pid, record.started_ticks):
                roots.append((record.pid, record.started_ticks))
        elif record.kind == "run":
            found = bearers(record.mark, data_of(Path(record.resource), record.mark))
            roots += [(process.pid, process.started_ticks) for process in found]
    return tuple(process for process in family(*roots) if process.pid not in spared)


def end_processes(
    records: Iterable[UndoRecord], clock: Clock, within_s: float
) -> tuple[Process, ...]:
    """Kill (SIGKILL) every process of these records.

    Returns those that are still alive after `within_s` seconds. All are frozen
    first: a supervisor that still ran would start again what is killed before it.
    """
    records = tuple(records)
    until_ns = clock.monotonic_ns() + round(within_s * NS_PER_S)
    while living := living_of(records):
        signal_each(living, signal.SIGSTOP)
        signal_each(living_of(records), signal.SIGKILL)
        if clock.monotonic_ns() >= until_ns:
            return living_of(records)
        clock.sleep(_POLL_S)
    return ()
