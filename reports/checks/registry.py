"""Every kind of check, and how one is made of its block in the system file: one entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.evidence.declared import (
    CheckSpec,
    DoubleEntrySettings,
    EffectsSettings,
    OwnSettings,
)
from reports.checks import double_entry, effects
from reports.checks.base import Checker, CheckNotMadeError, Needs, ViolationClass
from reports.checks.own import OwnCheck, OwnProcess
from reports.checks.payments.asked_payments import ask_the_payments
from reports.checks.payments.hash_chain import HashChainCheck
from reports.checks.payments.ledger import LedgerCheck
from reports.checks.payments.reconcile import Reconciliation
from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.responses import ResponsesCheck
from reports.checks.run_records import RunRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """What is known of a check before it runs, and how it is made.

    `compares_answers`: it needs digests of answers. `prepare` is called before its tables are
    looked for.
    """

    name: str
    needs: Needs
    joins: tuple[str, ...]
    classes: tuple[ViolationClass, ...]
    make: Callable[[RunRecords], Checker]
    compares_answers: bool = False
    prepare: Callable[[RunRecords], None] | None = None


def kinds(specs: tuple[CheckSpec, ...], folder: Path) -> tuple[CheckKind, ...]:
    """The configured checks, in the order of the file. `folder`: where own classes are found."""
    found: list[CheckKind] = []
    for spec in specs:
        if spec.payments is not None:
            found += _payments()
        elif spec.effects is not None:
            found.append(_effects(spec.called, spec.effects))
        elif spec.double_entry is not None:
            found.append(_double_entry(spec.called, spec.double_entry))
        elif spec.own is not None:
            found.append(_own(spec.called, spec.own, folder))
    return tuple(found)


def _effects(name: str, settings: EffectsSettings) -> CheckKind:
    return CheckKind(
        name=name,
        needs=effects.needs_of(settings),
        joins=(settings.table,),
        classes=effects.CLASSES,
        make=lambda records: effects.EffectsCheck(name, settings, records),
    )


def _double_entry(name: str, settings: DoubleEntrySettings) -> CheckKind:
    return CheckKind(
        name=name,
        needs=double_entry.needs_of(settings),
        joins=(),
        classes=double_entry.CLASSES,
        make=lambda records: double_entry.DoubleEntryCheck(name, settings, records),
    )


def _own(name: str, settings: OwnSettings, folder: Path) -> CheckKind:
    """A class that cannot be imported is a check that is not made: its run is INVALID."""
    process = OwnProcess(settings, folder)
    try:
        check = OwnCheck(name, process.description(), process)
    except CheckNotMadeError as error:
        problem = f"{settings.of} in {folder / settings.path}: {error}"
        return CheckKind(name=name, needs={}, joins=(), classes=(), make=_not_made(problem))
    return CheckKind(
        name=name, needs=check.needs, joins=check.joins, classes=check.classes, make=check.begun
    )


def _not_made(problem: str) -> Callable[[RunRecords], Checker]:
    def fail(records: RunRecords) -> Checker:
        del records
        raise CheckNotMadeError(problem)

    return fail


def _payments() -> list[CheckKind]:
    """Four checks that share what they read; the gravest violations first."""
    shared = _Shared()
    return [
        CheckKind(
            name=kind.name,
            needs=kind.needs,
            joins=kind.joins,
            classes=kind.classes,
            make=lambda records, kind=kind: kind(shared.of(records)),  # type: ignore[misc]  # one of four
            compares_answers=kind is ResponsesCheck,
            prepare=ask_the_payments,
        )
        for kind in (Reconciliation, ResponsesCheck, LedgerCheck, HashChainCheck)
    ]


class _Shared:
    """The records of the reference system, made once for all of its checks."""

    def __init__(self) -> None:
        self._made: PaymentRecords | None = None

    def of(self, records: RunRecords) -> PaymentRecords:
        """The same for each check of a run."""
        if self._made is None:
            self._made = PaymentRecords(
                records.evidence,
                records.prefix,
                records.size,
                asks=records.asks,
                complete=records.complete,
            )
        return self._made
