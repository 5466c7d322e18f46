"""The rules of `likely.py`: from what was found to a part and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.verdict.likely_evidence import (
    Test,
    booked_twice,
    charged_twice,
    charged_without_hold,
    done_but_pending,
    lost_when,
    missed,
    missed_without_database,
    never_told,
    not_voided,
    of_class,
    opened_by_itself,
    other_amount,
    pending,
    pending_under_another_clock,
    refused_but_charged,
    repeated,
    repeats_refused,
    said,
    stored_twice,
    walked_twice,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`evidence` returns why the part is likely, "" if it is not. A higher weight is stronger.

    A part of the reference system is named in words; `{edge}`, `{service}` and `{opened}`
    are of any system.
    """

    part: str
    remedy: str
    weight: int
    evidence: Test


BY_RECORDS: Final = (
    Rule(
        part="payments: unique keys",
        remedy="make the key unique in the table and claim it with one insert",
        weight=10,
        evidence=stored_twice,
    ),
    Rule(
        part="payments: keys shared by all replicas",
        remedy="keep idempotency keys in the database, not in the memory of a process",
        weight=10,
        evidence=walked_twice,
    ),
    Rule(
        part="payments>bank: keys",
        remedy="use the payment's own id as the key of every call to the bank",
        weight=10,
        evidence=charged_twice,
    ),
    Rule(
        part="ledger: transfer ids",
        remedy="derive the id of each transfer from its payment and step, and book an id once",
        weight=9,
        evidence=booked_twice,
    ),
    Rule(
        part="ledger: transfer ids",
        remedy="derive the id of each transfer from its payment and step, and book an id once",
        weight=10,
        evidence=done_but_pending,
    ),
    Rule(
        part="ledger: transfer ids",
        remedy="derive the id of each transfer from its payment and step, and book an id once",
        weight=4,
        evidence=of_class("hold_account_open", "a hold account is not zero"),
    ),
    Rule(
        part="payments: compensation",
        remedy="void the hold whenever the bank declines",
        weight=11,
        evidence=not_voided,
    ),
    Rule(
        part="payments>bank: lost answers",
        remedy="leave the payment open until the bank has answered under its key",
        weight=10,
        evidence=refused_but_charged,
    ),
    Rule(
        part="payments>bank: amounts",
        remedy="calculate in whole minor units",
        weight=10,
        evidence=other_amount("bank"),
    ),
    Rule(
        part="payments>ledger: amounts",
        remedy="calculate in whole minor units",
        weight=9,
        evidence=other_amount("ledger"),
    ),
    Rule(
        part="ledger: both entries in one transaction",
        remedy="write the entries of a transfer and both balances in one transaction, or none",
        weight=12,
        evidence=of_class("unbalanced", "entries do not sum to zero"),
    ),
    Rule(
        part="ledger: bound of accounts",
        remedy="check the bound under the lock of the account, in the transaction that books",
        weight=12,
        evidence=of_class("overdrawn", "an account was below zero"),
    ),
    Rule(
        part="ledger: heads of the hash chains",
        remedy="read the head of each chain from the database, under the account's lock",
        weight=8,
        evidence=of_class("chain_broken", "a hash chain is broken"),
    ),
    Rule(
        part="payments: the body under a key",
        remedy="store the request with its key and refuse another one",
        weight=10,
        evidence=of_class("answers_differ", "one key was answered in two ways"),
    ),
    Rule(
        part="ledger: claim and entries in one transaction",
        remedy="claim the id of a transfer in the transaction that books it",
        weight=10,
        evidence=charged_without_hold,
    ),
    Rule(
        part="payments: leases",
        remedy="compare the time of a lease with the clock of the database alone",
        weight=11,
        evidence=pending_under_another_clock,
    ),
    Rule(
        part="ledger: errors of the database",
        remedy="answer a busy or absent database as unavailable, never as a refusal",
        weight=11,
        evidence=of_class("refused_without_cause", "payers who could pay were refused"),
    ),
    Rule(
        part="payments: sweeper",
        remedy="let a sweeper finish payments whose lease has run out",
        weight=9,
        evidence=pending,
    ),
    Rule(
        part="payments: replays",
        remedy="answer a repeated key with the stored answer",
        weight=11,
        evidence=repeats_refused,
    ),
    Rule(
        part="payments: replays",
        remedy="answer a repeated key with the stored answer",
        weight=8,
        evidence=never_told,
    ),
    Rule(
        part="payments: replays",
        remedy="answer a repeated key with the stored answer",
        weight=6,
        evidence=of_class("answers_differ", "one key was answered in two ways"),
    ),
)
BY_FAULT: Final = (
    Rule(
        part="ledger: commit before the answer",
        remedy="answer a transfer after its commit",
        weight=10,
        evidence=lost_when(service="ledger", text="payments are missing after a ledger died"),
    ),
    Rule(
        part="postgres: durability",
        remedy="leave synchronous_commit on for what is acknowledged",
        weight=11,
        evidence=lost_when(service="postgres", text="payments are missing after the database died"),
    ),
    Rule(
        part="payments: post before the end",
        remedy="store the end of a payment after its last step, or owe the step in an outbox",
        weight=9,
        evidence=lost_when(edge="payments>ledger", text="an ended payment was never posted"),
    ),
    Rule(
        part="ledger: claim and entries in one transaction",
        remedy="claim the id of a transfer in the transaction that books it",
        weight=9,
        evidence=lost_when(edge="ledger>postgres", text="a claim was stored without its entries"),
    ),
    Rule(
        part="{edge}: breaker",
        remedy="let the breaker count failures by rate and open",
        weight=8,
        evidence=missed("time_to_detect_s", "no breaker opened while the edge was faulted"),
    ),
    Rule(
        part="{edge}: retries",
        remedy="give retries a budget and jitter, and bound the queue",
        weight=6,
        evidence=missed("attempts_per_intent", "attempts multiplied while the edge was faulted"),
    ),
    Rule(
        part="{edge}: breaker",
        remedy="let one probe at a time decide whether the breaker closes",
        weight=8,
        evidence=missed("half_open_calls_max", "many calls at once passed a half-open breaker"),
    ),
    Rule(
        part="{opened}: breaker",
        remedy="count as failures what says that the other side is not well, and no refusals",
        weight=8,
        evidence=opened_by_itself,
    ),
    Rule(
        part="{edge}: retries",
        remedy="give retries a budget and jitter, and bound the queue",
        weight=7,
        evidence=repeated,
    ),
    Rule(
        part="{edge}: breaker",
        remedy="let one probe at a time decide whether the breaker closes",
        weight=5,
        evidence=missed("recovery_after_clear_s", "service came back late after the fault"),
    ),
    Rule(
        part="{edge}: calls at once",
        remedy="allow as many calls at once as latency times rate needs",
        weight=7,
        evidence=missed("good_ratio_fault", "the edge carried less than what was due"),
    ),
    Rule(
        part="{service}: drain",
        remedy="on SIGTERM be unready, wait for balancers to see it, and finish what was begun",
        weight=8,
        evidence=lambda it: said(
            "payers noticed a restart in order",
            holds=it.fault == "rollout" and bool(it.service and it.missed),
        ),
    ),
    Rule(
        part="ledger: errors of the database",
        remedy="answer a busy or absent database as unavailable, never as a refusal",
        weight=7,
        evidence=missed_without_database("failed_ratio_run", "payments failed for good"),
    ),
    Rule(
        part="payments: readiness",
        remedy="let readiness ask for what each request needs, and be unready without it",
        weight=8,
        evidence=lambda it: said(
            "instances called themselves ready while nothing went well",
            holds="ready_in_vain_s" in it.missed,
        ),
    ),
    Rule(
        part="ledger: liveness",
        remedy="let liveness ask about the process alone; readiness may ask about its database",
        weight=9,
        evidence=missed_without_database("ended_by_itself", "instances ended by themselves"),
    ),
)
