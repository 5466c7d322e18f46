"""Runs every check beside the other measures, and turns an exception of one into an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ParamSpec

from harness.errors import StoredRunError
from harness.load.asked import ASKED
from reports.checks.base import Checked, Checker, CheckVerdict
from reports.checks.payments.records import RunRecords
from reports.checks.registry import CheckKind, kinds
from reports.inputs.evidence_tables import Evidence
from reports.measures.cohorts import Block

P = ParamSpec("P")


class RunChecks:
    """The checks of one run. A check whose tables are not there reports `not_checked`."""

    def __init__(self, records: RunRecords, asked_for: tuple[str, ...]) -> None:
        """`asked_for`: the evidence that the experiment names."""
        self._outcomes: dict[str, Checked] = {}
        self._running: dict[str, Checker] = {}
        for kind in kinds():
            missing = _missing(kind, records.evidence)
            self._outcomes[kind.name] = Checked(
                name=kind.name,
                verdict="not_checked",
                classes=kind.classes,
                missing=missing,
                why=_why(missing, asked_for),
            )
            if not missing:
                self._guarded(kind.name, self._start, kind, records)

    def add(self, block: Block) -> None:
        """Show every check the next block."""
        for name, checker in tuple(self._running.items()):
            self._guarded(name, checker.add, block)

    def result(self) -> tuple[Checked, ...]:
        """The outcome of every check. Raises StoredRunError when a table cannot be read."""
        for name, checker in tuple(self._running.items()):
            self._guarded(name, self._finish, name, checker)
        return tuple(self._outcomes.values())

    def _start(self, kind: CheckKind, records: RunRecords) -> None:
        self._running[kind.name] = kind.make(records)

    def _finish(self, name: str, checker: Checker) -> None:
        violations = checker.result()
        verdict: CheckVerdict = "fail" if violations else "pass"
        outcome = self._outcomes[name]
        self._outcomes[name] = replace(outcome, verdict=verdict, violations=violations)

    def _guarded(self, name: str, step: Callable[P, None], *a: P.args, **kw: P.kwargs) -> None:
        try:
            step(*a, **kw)
        except StoredRunError:
            raise
        except Exception as error:  # noqa: BLE001  # a broken check must not end the judge
            self._running.pop(name, None)
            why = f"the check raised {type(error).__name__}: {error}"
            self._outcomes[name] = replace(self._outcomes[name], why=why, crashed=True)


def _missing(kind: CheckKind, evidence: Evidence) -> tuple[str, ...]:
    """The tables that are not there, or that lack a column."""
    needs = kind.needs.items()
    return tuple(n for n, cols in needs if not {*cols} <= evidence.columns.get(n, set()))


def _why(missing: tuple[str, ...], asked_for: tuple[str, ...]) -> str:
    unasked = [name for name in missing if name not in (*asked_for, ASKED)]
    if unasked:
        return f"the experiment does not ask for {', '.join(unasked)}"
    return f"no usable {', '.join(missing)}" if missing else ""
