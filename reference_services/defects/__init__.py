"""Seeded mistakes: `SQUALL_DEFECT=name` swaps one part of one service at its composition root.

Each defect is one file with `SWAPS`: the name of a part (`ledger.store`) -> a function that makes
the defective part from the correct one. A service applies its swaps at start; it names no defect.

DefectError   the defect does not exist; the text names those that exist
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

from reference_services.chassis.errors import SettingsError

Part = TypeVar("Part")
Swap = Callable[[Any], Any]  # sound part in, defective part of the same role out


class DefectError(SettingsError):
    """SQUALL_DEFECT names no defect; the text is one line meant for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swaps:
    """The swaps of the active defect; none if no defect is active."""

    by_part: Mapping[str, Swap]

    def apply(self, name: str, sound: Part) -> Part:
        """The part to use under this name: the sound one, unless the active defect swaps it."""
        swap = self.by_part.get(name)
        return sound if swap is None else cast("Part", swap(sound))


def names() -> tuple[str, ...]:
    """All defects there are, as SQUALL_DEFECT names them."""
    files = Path(__file__).parent.glob("[a-z]*.py")
    return tuple(sorted(file.stem.replace("_", "-") for file in files))


def active(defect: str) -> Swaps:
    """The swaps of this defect ("" is none). Raises DefectError."""
    if not defect:
        return Swaps(by_part={})
    known = names()
    if defect not in known:
        text = f"SQUALL_DEFECT: no defect {defect!r}; there are: {', '.join(known) or 'none'}"
        raise DefectError(text)
    module = import_module(f"reference_services.defects.{defect.replace('-', '_')}")
    return Swaps(by_part=module.SWAPS)
