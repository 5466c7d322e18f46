"""Which cells a suite needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from harness.mutants.catalogue import Catalogue, Defect
from harness.mutants.cells import CLEAN, Pair

SEED: Final = 11
Suite = Literal["ci", "directed", "full"]
SUITES: Final[tuple[Suite, ...]] = ("ci", "directed", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for: no names mean all. `clean`: so many runs on the sound system."""

    suite: Suite
    defects: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    clean: int = 0


def pairs(wanted: Wanted, catalogue: Catalogue, experiments: Sequence[str]) -> tuple[Pair, ...]:
    """The cells in the order in which they are run. Raises ConfigError for an unknown defect."""
    chosen = [catalogue.defect(name) for name in wanted.defects] or _of_suite(wanted, catalogue)
    found = [pair for defect in chosen for pair in _of_defect(defect, wanted, experiments)]
    used = list(dict.fromkeys(pair[1] for pair in found)) or list(experiments)
    return (*found, *((CLEAN, used[i % len(used)], SEED + i) for i in range(wanted.clean)))


def _of_suite(wanted: Wanted, catalogue: Catalogue) -> list[Defect]:
    return [
        one for one in catalogue.defects if not one.equivalent and (one.ci or wanted.suite != "ci")
    ]


def _of_defect(defect: Defect, wanted: Wanted, experiments: Sequence[str]) -> list[Pair]:
    names = experiments if wanted.suite == "full" or defect.equivalent else (defect.experiment,)
    allowed = wanted.experiments or tuple(experiments)
    chosen = wanted.experiments if wanted.defects and wanted.experiments else names
    return [(defect.name, name, SEED) for name in chosen if name in allowed]
