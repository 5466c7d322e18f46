"""A check of the user's own: a class that the system file names as `module:Class`.

The class is made with the records of the run and the `settings` of the system file. It has the
attributes `needs`, `joins` and `classes`, and the methods `add` and `result` of Checker.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from harness.evidence.declared import OwnSettings
from reports.checks.base import Checker, Needs, ViolationClass
from reports.checks.run_records import RunRecords


class OwnClass(Protocol):
    """What the class itself must have."""

    needs: Needs
    joins: tuple[str, ...]
    classes: tuple[ViolationClass, ...]

    def __call__(self, records: RunRecords, settings: Mapping[str, Any]) -> Checker:
        """Make the check of one run."""


def own_class(settings: OwnSettings, folder: Path) -> OwnClass:
    """Import the class from the folder of the system file, or from `path` in it.

    Raises the exceptions of the import; AttributeError if the class is not there.
    """
    module, _, name = settings.of.partition(":")
    with _importable((folder / settings.path).absolute()):
        found: OwnClass = getattr(importlib.import_module(module), name)
    return found


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """At the end of the path: a module of the user never takes the place of an installed one."""
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
