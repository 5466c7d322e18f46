"""journal.json as the judge reads it: Chaos Toolkit's own account of an experiment, typed.

A field with a default is one that Chaos Toolkit leaves out; all others are always written.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.store import read_json


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The activity that was run."""

    name: str


class ActivityRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One activity as Chaos Toolkit saw it. An activity that was interrupted has no status.

    `tolerance_met` is null where nothing was compared with a tolerance.
    """

    activity: Done
    status: str = "interrupted"
    output: object
    tolerance_met: bool | None = None


class SteadyState(msgspec.Struct, frozen=True, kw_only=True):
    """The steady-state hypothesis, tested once; Chaos Toolkit stops at the first failing probe."""

    steady_state_met: bool | None
    probes: tuple[ActivityRun, ...]


class SteadyStates(msgspec.Struct, frozen=True, kw_only=True):
    """Before, during (continuous testing only) and after the method; null: not tested."""

    before: SteadyState | None
    during: tuple[SteadyState | None, ...]
    after: SteadyState | None


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """`status` completed says nothing about the fault.

    `control_failures` is written by conduct.py: Chaos Toolkit itself ignores failing controls.
    """

    status: str | None
    deviated: bool
    steady_states: SteadyStates
    run: tuple[ActivityRun, ...]
    rollbacks: tuple[ActivityRun, ...]
    control_failures: tuple[str, ...]


def read_journal(path: Path) -> Journal | None:
    """None if there is none. Raises StoredRunError if it cannot be read."""
    return read_json(path, Journal) if path.exists() else None
