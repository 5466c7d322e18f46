"""What the judge and the child process of an own check say to each other: one JSON line each."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from reports.checks.base import Needs, ViolationClass

MODULE: Final = "reports.checks.own_process"
MAX_BYTES: Final = 64_000_000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which class to import from which folder, with what settings and limits."""

    module: str
    name: str
    folder: str
    settings: dict[str, Any]
    timeout_s: float
    memory_mb: int


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """Make the check of this run's folder."""

    run: str


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What the class says of itself; `wrong`: why it cannot be had."""

    needs: Needs = {}
    joins: tuple[str, ...] = ()
    classes: tuple[ViolationClass, ...] = ()
    wrong: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A violation; `of` is the place of its class in Described.classes."""

    of: int
    names: tuple[str, ...]
    proof: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the check found; `wrong`: why it was not made."""

    found: tuple[Found, ...] = ()
    wrong: str = ""
