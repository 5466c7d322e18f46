"""Runs every check beside the other measures, and turns an exception of one into an outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ParamSpec

import numpy as np

from harness.errors import StoredRunError
from harness.load.asked import ASKED
from reports.checks.base import Cause, Checked, Checker, CheckNotMadeError, CheckVerdict
from reports.checks.registry import CheckKind
from reports.checks.run_records import RunRecords
from reports.inputs.evidence_tables import Evidence
from reports.measures.cohorts import Block, Known

P = ParamSpec("P")


class RunChecks:
    """The checks of one run. A check that cannot be made reports `not_checked` and why."""

    def __init__(
        self, records: RunRecords, kinds: Sequence[CheckKind], asked_for: tuple[str, ...]
    ) -> None:
        """`kinds`: the configured checks; `asked_for`: the tables that the experiment asks for."""
        self._records = records
        self._outcomes: dict[str, Checked] = {}
        self._running: dict[str, Checker] = {}
        self._of_answers = frozenset(kind.name for kind in kinds if kind.compares_answers)
        self._claimed, self._acknowledged, self._digests = 0, 0, 0
        for kind in kinds:
            if kind.prepare is not None:
                kind.prepare(records)
            missing = _missing(kind, records.evidence)
            cause, why = _why(missing, asked_for)
            self._outcomes[kind.name] = Checked(
                name=kind.name,
                verdict="not_checked",
                classes=kind.classes,
                missing=missing,
                cause=cause,
                why=why,
            )
            if not missing:
                self._guarded(kind.name, self._start, kind, records)

    def add(self, block: Block) -> None:
        """Show every check the next block."""
        claims, effect = block.cohorts.claims, block.cohorts.effect
        self._claimed += int(np.count_nonzero(claims))
        self._acknowledged += int(np.count_nonzero(claims & (effect == Known.CAPTURED)))
        self._digests += int(np.count_nonzero(block.attempts["answer"]))
        for name, checker in tuple(self._running.items()):
            self._guarded(name, checker.add, block)

    def result(self) -> tuple[Checked, ...]:
        """The outcome of every check. Raises StoredRunError when a table cannot be read."""
        self._end_unjoined()
        for name, checker in tuple(self._running.items()):
            self._guarded(name, self._finish, name, checker)
        return tuple(self._outcomes.values())

    def _start(self, kind: CheckKind, records: RunRecords) -> None:
        self._running[kind.name] = kind.make(records)

    def _end_unjoined(self) -> None:
        """Leave out the checks of intents where no intent can be found in the records."""
        joining = {name: it.joins for name, it in self._running.items() if it.joins}
        if not joining:
            return
        if not self._claimed:
            self._end(joining, "no_effect", "no intent of the run claims an effect")
        elif self._acknowledged and not self._is_joined({*sum(joining.values(), ())}):
            tables = ", ".join(sorted({*sum(joining.values(), ())}))
            what = f"{self._acknowledged:,} effects were acknowledged"
            why = f"{what}, but no key of theirs is in {tables}"
            self._end(joining, "keys_not_joined", why)
        elif not self._digests:
            unread = {name: joins for name, joins in joining.items() if name in self._of_answers}
            self._end(unread, "no_digest", "the scenario keeps no digest of its answers")

    def _is_joined(self, tables: set[str]) -> bool:
        evidence, size = self._records.evidence, self._records.size
        return any(evidence.has_intent(table, size) for table in sorted(tables))

    def _end(self, names: dict[str, tuple[str, ...]], cause: Cause, why: str) -> None:
        for name in names:
            del self._running[name]
            self._outcomes[name] = replace(self._outcomes[name], cause=cause, why=why)

    def _finish(self, name: str, checker: Checker) -> None:
        violations = checker.result()
        verdict: CheckVerdict = "fail" if violations else "pass"
        outcome = self._outcomes[name]
        self._outcomes[name] = replace(outcome, verdict=verdict, violations=violations)

    def _guarded(self, name: str, step: Callable[P, None], *a: P.args, **kw: P.kwargs) -> None:
        try:
            step(*a, **kw)
        except (Exception, SystemExit) as error:  # a broken check must not end the judge
            if isinstance(error, StoredRunError):
                raise
            self._running.pop(name, None)
            raised = f"the check raised {type(error).__name__}: {error}"
            why = str(error) if isinstance(error, CheckNotMadeError) else raised
            self._outcomes[name] = replace(self._outcomes[name], why=why, cause="crashed")


def _missing(kind: CheckKind, evidence: Evidence) -> tuple[str, ...]:
    """The tables that are not there, or that lack a column."""
    needs = kind.needs.items()
    return tuple(n for n, cols in needs if not {*cols} <= evidence.columns.get(n, set()))


def _why(missing: tuple[str, ...], asked_for: tuple[str, ...]) -> tuple[Cause, str]:
    unasked = [name for name in missing if name not in (*asked_for, ASKED)]
    if unasked:
        return "unasked", f"the experiment does not ask for {', '.join(unasked)}"
    return ("missing", f"no usable {', '.join(missing)}") if missing else ("", "")
