"""Every check that there is: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reports.checks.base import Checker, Needs, ViolationClass
from reports.checks.payments.hash_chain import HashChainCheck
from reports.checks.payments.ledger import LedgerCheck
from reports.checks.payments.reconcile import Reconciliation
from reports.checks.payments.records import RunRecords
from reports.checks.payments.responses import ResponsesCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """What is known of a check before it runs, and how it is made."""

    name: str
    needs: Needs
    joins: tuple[str, ...]
    classes: tuple[ViolationClass, ...]
    make: Callable[[RunRecords], Checker]


def kinds() -> tuple[CheckKind, ...]:
    """In the order of their reasons: the gravest first."""
    return tuple(
        CheckKind(
            name=kind.name,
            needs=kind.needs,
            joins=kind.joins,
            classes=kind.classes,
            make=kind,
        )
        for kind in (Reconciliation, ResponsesCheck, LedgerCheck, HashChainCheck)
    )
