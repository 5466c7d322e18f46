"""Finds what would stop a run before it starts: one finding per check, each with a fix."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import Clock
from harness.host.allowance import descriptors_allowed, read_allowance
from harness.host.cpu import CpuMeter, slice_of
from harness.host.finding import Finding

FREE_BYTES: Final = 500_000_000
MIN_CORES: Final = 2
MIN_DESCRIPTORS: Final = 4096
MAX_FOREIGN: Final = 0.25
LOOK_S: Final = 1.0
OLDEST: Final = (3, 11)


class MachinePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run would take place."""

    runs_dir: Path
    state_dir: Path


def examine(
    place: MachinePlace,
    more: Sequence[Callable[[], Finding]] = (),
    needed: Sequence[Finding] = (),
) -> tuple[Finding, ...]:
    """All findings; `needed` are the target's, `more` checks of other parts (lock, leftovers)."""
    own = (
        _python(),
        _cores(),
        _descriptors(),
        _writable("runs", place.runs_dir),
        _writable("state", place.state_dir),
        _space(place.runs_dir),
    )
    found = (*own, *needed, *(check() for check in more))
    return tuple(msgspec.structs.replace(f, fix="") if f.ok else f for f in found)


def other_load(clock: Clock) -> Finding:
    """The CPU that other processes take now, measured for one second."""
    meter = CpuMeter(os.getpid(), clock)
    begin = meter.read()
    clock.sleep(LOOK_S)
    seen = slice_of([begin], meter.read(), begin.mono_ns, meter.allowance.cores)
    who = ", ".join(seen.takers)
    return Finding(
        name="other load",
        ok=seen.foreign <= MAX_FOREIGN,
        seen=f"{seen.foreign:.0%} of the CPU" + (f" ({who})" if who else ""),
        fix="stop these processes: a run that cannot get the CPU it needs is INVALID",
    )


def free_space(folder: Path) -> int:
    """Bytes free where the folder is, or would be."""
    return shutil.disk_usage(_existing(folder)).free


def _existing(folder: Path) -> Path:
    return next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    fix = "use Python 3.11 or newer"
    return Finding(name="python", ok=sys.version_info >= OLDEST, seen=seen, fix=fix)


def _cores() -> Finding:
    allowance = read_allowance()
    fix = f"a run needs {MIN_CORES} cores; allow it more, or use --rate-scale 0.3"
    ok = allowance.cores >= MIN_CORES
    return Finding(name="cores", ok=ok, seen=allowance.describe(), fix=fix)


def _descriptors() -> Finding:
    allowed = descriptors_allowed()
    fix = f"run `ulimit -n {MIN_DESCRIPTORS}` (or raise the hard limit) in this shell first"
    ok = allowed >= MIN_DESCRIPTORS
    return Finding(name="file descriptors", ok=ok, seen=str(allowed), fix=fix)


def _writable(name: str, folder: Path) -> Finding:
    existing = _existing(folder)
    ok = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    fix = f"{existing} cannot be written; choose another folder"
    return Finding(name=f"{name} folder", ok=ok, seen=str(folder), fix=fix)


def _space(folder: Path) -> Finding:
    free = free_space(folder)
    fix = f"a run needs {FREE_BYTES // 1_000_000} MB; free some, or use --runs-dir"
    seen = f"{free // 1_000_000} MB free"
    return Finding(name="disk", ok=free >= FREE_BYTES, seen=seen, fix=fix)
