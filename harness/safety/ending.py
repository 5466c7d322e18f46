"""Ends what the undo log names: paused processes go on, processes of a dead run are killed."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from typing import Final

from harness.clock import NS_PER_S, Clock
from harness.safety.identity import Process, family, signal_each, signal_family
from harness.safety.undo import UndoRecord

_POLL_S: Final = 0.005


def resume_process(record: UndoRecord) -> int:
    """Let a paused process and its session go on; how many were told. No supervisor is asked."""
    if not record.pid:
        return 0
    return signal_family(record.pid, record.started_ticks, signal.SIGCONT)


def end_processes(
    records: Iterable[UndoRecord], clock: Clock, within_s: float
) -> tuple[Process, ...]:
    """Kill (SIGKILL) every recorded process with its session and all who descend from it.

    Returns who is still alive after `within_s` seconds: nobody, if all is well. All are frozen
    first: a supervisor that still ran would start again what is killed before it.
    """
    roots = [(r.pid, r.started_ticks) for r in records if r.kind == "process" and r.pid]
    until_ns = clock.monotonic_ns() + round(within_s * NS_PER_S)
    while living := family(*roots):
        signal_each(living, signal.SIGSTOP)
        signal_each(family(*roots), signal.SIGKILL)
        if clock.monotonic_ns() >= until_ns:
            return family(*roots)
        clock.sleep(_POLL_S)
    return ()
