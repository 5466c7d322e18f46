"""The rules of `likely.py`: from what was found to a part and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reports.verdict.findings import Findings

Test = Callable[[Findings], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`evidence` returns why the part is likely, "" if it is not. A higher weight is stronger.

    A part of the reference system is named in words; `{edge}` and `{service}` are of any system.
    """

    part: str
    remedy: str
    weight: int
    evidence: Test


def _said(text: str, *, holds: bool) -> str:
    return text if holds else ""


def _class(name: str, text: str) -> Test:
    return lambda it: _said(text, holds=name in it.proofs)


def _missed(metric: str, text: str) -> Test:
    return lambda it: _said(text, holds=metric in it.missed and bool(it.edge))


def _missed_without_database(metric: str, text: str) -> Test:
    said = f"{text} while the database was away"
    return lambda it: _said(said, holds=metric in it.missed and it.service == "postgres")


def _stored_twice(it: Findings) -> str:
    rows = len(it.rows("doubled", "payments"))
    return _said(f"one key is stored {rows} times", holds=rows > 1)


def _walked_twice(it: Findings) -> str:
    charges, holds = it.count("doubled", "bank", "charged"), it.count("doubled", "ledger", "hold")
    once = len(it.rows("doubled", "payments")) == 1
    holds_twice = holds > 2  # noqa: PLR2004  # two entries a transfer
    text = "one stored payment was held and charged twice: two replicas took its key as new"
    return _said(text, holds=once and charges > 1 and holds_twice)


def _charged_twice(it: Findings) -> str:
    charges, holds = it.count("doubled", "bank", "charged"), it.count("doubled", "ledger", "hold")
    only = holds <= 2  # noqa: PLR2004  # two entries a transfer
    return _said(f"held once, charged {charges} times", holds=charges > 1 and only)


def _booked_twice(it: Findings) -> str:
    text = "a step of one payment is booked twice, which was charged at most once"
    charges = it.count("doubled", "bank", "charged")
    return _said(text, holds="doubled" in it.proofs and charges <= 1 and not _stored_twice(it))


def _not_voided(it: Findings) -> str:
    text = "the bank declined, the hold is booked and no void follows it"
    held = it.count("left_on_hold", "bank", "declined") and it.count(
        "left_on_hold", "ledger", "hold"
    )
    return _said(text, holds=bool(held))


def _refused_but_charged(it: Findings) -> str:
    text = "the bank has charged what payments calls declined"
    kinds = [k for k in ("ghost", "ends_differ", "lost") if it.count(k, "bank", "charged")]
    return _said(text, holds=any(it.count(k, "payments", "declined") for k in kinds))


def _other_amount(table: str) -> Test:
    def differs(it: Findings) -> str:
        asked = {_amount(row) for row in it.rows("amounts_differ", "asked")}
        has = {_amount(row) for row in it.rows("amounts_differ", table)}
        return _said(f"the records of {table} have another amount", holds=bool(has - asked))

    return differs


def _amount(row: str) -> str:
    return " ".join(row.split(" and ", maxsplit=1)[0].split()[-2:]).lstrip("-")


def _pending(it: Findings) -> str:
    rows = it.count("stuck", "payments", "pending")
    return _said("a payment is still pending, nobody works on it", holds=bool(rows))


def _never_told(it: Findings) -> str:
    ended = it.count("stuck", "payments", "captured") or it.count("stuck", "payments", "declined")
    return _said("the payment has ended and its payer never learned it", holds=bool(ended))


def _lost_when(*, service: str = "", edge: str = "", text: str) -> Test:
    kinds = ("lost", "left_on_hold", "ghost", "stuck", "unknown_key", "hold_account_open")

    def lost(it: Findings) -> str:
        there = any(kind in it.proofs for kind in kinds)
        struck = bool(service and it.service == service) or bool(edge and it.edge == edge)
        return _said(text, holds=there and struck)

    return lost


BY_RECORDS: Final = (
    Rule(
        part="payments: unique keys",
        remedy="make the key unique in the table and claim it with one insert",
        weight=10,
        evidence=_stored_twice,
    ),
    Rule(
        part="payments: keys shared by all replicas",
        remedy="keep idempotency keys in the database, not in the memory of a process",
        weight=10,
        evidence=_walked_twice,
    ),
    Rule(
        part="payments>bank: keys",
        remedy="use the payment's own id as the key of every call to the bank",
        weight=10,
        evidence=_charged_twice,
    ),
    Rule(
        part="ledger: transfer ids",
        remedy="derive the id of each transfer from its payment and step, and book an id once",
        weight=9,
        evidence=_booked_twice,
    ),
    Rule(
        part="ledger: transfer ids",
        remedy="derive the id of each transfer from its payment and step, and book an id once",
        weight=4,
        evidence=_class("hold_account_open", "a hold account is not zero"),
    ),
    Rule(
        part="payments: compensation",
        remedy="void the hold whenever the bank declines",
        weight=11,
        evidence=_not_voided,
    ),
    Rule(
        part="payments>bank: lost answers",
        remedy="leave the payment open until the bank has answered under its key",
        weight=10,
        evidence=_refused_but_charged,
    ),
    Rule(
        part="payments>bank: amounts",
        remedy="calculate in whole minor units",
        weight=10,
        evidence=_other_amount("bank"),
    ),
    Rule(
        part="payments>ledger: amounts",
        remedy="calculate in whole minor units",
        weight=9,
        evidence=_other_amount("ledger"),
    ),
    Rule(
        part="ledger: both entries in one transaction",
        remedy="write the entries of a transfer and both balances in one transaction, or none",
        weight=12,
        evidence=_class("unbalanced", "entries do not sum to zero"),
    ),
    Rule(
        part="ledger: bound of accounts",
        remedy="check the bound under the lock of the account, in the transaction that books",
        weight=9,
        evidence=_class("overdrawn", "an account was below zero"),
    ),
    Rule(
        part="ledger: heads of the hash chains",
        remedy="read the head of each chain from the database, under the account's lock",
        weight=8,
        evidence=_class("chain_broken", "a hash chain is broken"),
    ),
    Rule(
        part="payments: the body under a key",
        remedy="store the request with its key and refuse another one",
        weight=10,
        evidence=_class("answers_differ", "one key was answered in two ways"),
    ),
    Rule(
        part="payments: sweeper",
        remedy="let a sweeper finish payments whose lease has run out",
        weight=9,
        evidence=_pending,
    ),
    Rule(
        part="payments: replays",
        remedy="answer a repeated key with the stored answer",
        weight=8,
        evidence=_never_told,
    ),
    Rule(
        part="payments: replays",
        remedy="answer a repeated key with the stored answer",
        weight=6,
        evidence=_class("answers_differ", "one key was answered in two ways"),
    ),
)
BY_FAULT: Final = (
    Rule(
        part="ledger: commit before the answer",
        remedy="answer a transfer after its commit",
        weight=10,
        evidence=_lost_when(service="ledger", text="payments are missing after a ledger died"),
    ),
    Rule(
        part="postgres: durability",
        remedy="leave synchronous_commit on for what is acknowledged",
        weight=10,
        evidence=_lost_when(
            service="postgres", text="payments are missing after the database died"
        ),
    ),
    Rule(
        part="payments: post before the end",
        remedy="store the end of a payment after its last step, or owe the step in an outbox",
        weight=9,
        evidence=_lost_when(edge="payments>ledger", text="an ended payment was never posted"),
    ),
    Rule(
        part="ledger: claim and entries in one transaction",
        remedy="claim the id of a transfer in the transaction that books it",
        weight=9,
        evidence=_lost_when(edge="ledger>postgres", text="a claim was stored without its entries"),
    ),
    Rule(
        part="{edge}: breaker",
        remedy="let the breaker count failures by rate and open",
        weight=8,
        evidence=_missed("time_to_detect_s", "no breaker opened while the edge was faulted"),
    ),
    Rule(
        part="{edge}: retries",
        remedy="give retries a budget and jitter, and bound the queue",
        weight=7,
        evidence=_missed("attempts_per_intent", "attempts multiplied while the edge was faulted"),
    ),
    Rule(
        part="{edge}: breaker",
        remedy="let one probe at a time decide whether the breaker closes",
        weight=5,
        evidence=_missed("recovery_after_clear_s", "service came back late after the fault"),
    ),
    Rule(
        part="{edge}: calls at once",
        remedy="allow as many calls at once as latency times rate needs",
        weight=6,
        evidence=_missed("good_ratio_fault", "the edge carried less than what was due"),
    ),
    Rule(
        part="{service}: drain",
        remedy="on SIGTERM be unready, wait for balancers to see it, and finish what was begun",
        weight=8,
        evidence=lambda it: _said(
            "payers noticed a restart in order",
            holds=it.fault == "rollout" and bool(it.service and it.missed),
        ),
    ),
    Rule(
        part="ledger: errors of the database",
        remedy="answer a busy or absent database as unavailable, never as a refusal",
        weight=7,
        evidence=_missed_without_database("failed_ratio_run", "payments failed for good"),
    ),
    Rule(
        part="ledger: liveness",
        remedy="let liveness ask about the process alone; readiness may ask about its database",
        weight=9,
        evidence=_missed_without_database("ended_by_itself", "instances ended by themselves"),
    ),
)
