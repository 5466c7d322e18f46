"""The role of a check of the system's records, and what a check reports.

A check names the tables that it needs, sees every block of the run once, and returns violations.
The wording of a violation class lives in the class, so that the page, the terminal and
verdict.json loop over the findings without the name of any check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from reports.measures.cohorts import Block

CheckVerdict = Literal["pass", "fail", "not_checked"]
# Why a check was not made: a table is not there (`missing`) or was not asked for (`unasked`), no
# intent claims an effect (`no_effect`) or keeps the digest of an answer (`no_digest`), no key of
# theirs is in its tables (`keys_not_joined`).
Cause = Literal["", "missing", "unasked", "no_effect", "no_digest", "keys_not_joined", "crashed"]
Needs = Mapping[str, tuple[str, ...]]


class CheckNotMadeError(Exception):
    """A check of the user's own ended without an answer; `str()` says why in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationClass:
    """One way in which records can be wrong.

    `one` and `many` follow a count: `1 payment was ...`, `31 payments were ...`. `label` names a
    row of the page's table. `proven` is False for a class that an interrupted load can explain;
    such a class never makes a run FAIL whose load was not delivered.
    """

    name: str
    label: str
    one: str
    many: str
    proven: bool = True

    def sentence(self, count: int) -> str:
        """The count with its words, without a full stop."""
        return f"{count:,} {self.one if count == 1 else self.many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What was found of one class: every name, and the records behind the first of them."""

    kind: ViolationClass
    names: tuple[str, ...]
    proof: str = ""


class Checker(Protocol):
    """One check of one run. An exception from any method makes the run INVALID."""

    @property
    def name(self) -> str:
        """The check's name in verdict.json."""

    @property
    def needs(self) -> Needs:
        """The tables that the check reads, each with its columns."""

    @property
    def joins(self) -> tuple[str, ...]:
        """The tables whose rows it finds by the keys of intents; empty: it looks at no intent."""

    @property
    def classes(self) -> tuple[ViolationClass, ...]:
        """Every class that the check can report, the gravest first."""

    def add(self, block: Block) -> None:
        """Take in the next block of the run."""

    def result(self) -> tuple[Violation, ...]:
        """The violations after the last block, in the order of `classes`; empty if there are none.

        Raises StoredRunError when a table cannot be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The outcome of one check.

    `why` says in words why it was not made, `cause` by its kind; `missing` names the tables.
    """

    name: str
    verdict: CheckVerdict
    classes: tuple[ViolationClass, ...]
    violations: tuple[Violation, ...] = ()
    why: str = ""
    cause: Cause = ""
    missing: tuple[str, ...] = ()

    def names_of(self, kind: ViolationClass) -> tuple[str, ...]:
        """Every name found under a class; empty if there is none."""
        return next((found.names for found in self.violations if found.kind is kind), ())
