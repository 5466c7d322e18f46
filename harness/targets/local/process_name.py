"""The identity of a local instance: its process, by pid, start time and boot of the machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from harness.safety.identity import process_state
from harness.targets.records import IdentityState

_BOOT_CHARACTERS: Final = 8
_STOPPED: Final = "T"


class ProcessName(NamedTuple):
    """pid and start time (/proc stat field 22); zeros where no process of this boot is named."""

    pid: int
    started_ticks: int


def identity_of(pid: int, started_ticks: int) -> str:
    """`pid:ticks:boot`; "" for no process."""
    return f"{pid}:{started_ticks}:{_boot()}" if pid else ""


def process_of(identity: str) -> ProcessName:
    """The process that an identity names."""
    pid, _, rest = identity.partition(":")
    ticks, _, boot = rest.partition(":")
    if boot != _boot() or not (pid.isdecimal() and ticks.isdecimal()):
        return ProcessName(0, 0)
    return ProcessName(int(pid), int(ticks))


def seen_of(identity: str) -> IdentityState:
    """What that very process does, by the kernel's word; a process of another boot has gone."""
    if not identity:
        return "unknown"
    state = process_state(*process_of(identity))
    if not state:
        return "gone"
    return "paused" if state == _STOPPED else "running"


@cache
def _boot() -> str:
    text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    return text.strip()[:_BOOT_CHARACTERS]
