"""A small system's records as a script: planted defects change it before the ledger is built.

The ledger is then built with sound hashes, sequences and balances, as a forger would build it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from harness.load.records import Attempt, ErrorClass, Outcome, pack
from reports.inputs.attempts import RECORD, Records
from tests.support.plain_integrity import digest
from tests.support.plain_links import plain_link
from tests.support.plain_payments import Rows
from tests.support.reference_rows import Account, Charge, Entry, Payment
from tests.support.runs_asked import Asks

PREFIX = "7f3a"
PAYERS = ("payer-0", "payer-1", "payer-2")
FUNDS = 1_000_000
OUTCOMES = {"captured": Outcome.OK, "declined": Outcome.FAIL, "refused": Outcome.FAIL}


class Move(NamedTuple):
    """One transfer of the ledger."""

    transfer: str
    key: str
    kind: str
    giver: str
    receiver: str
    amount: int
    currency: str = "EUR"


@dataclass(slots=True)
class Script:
    """The history of a run; `ends` has the outcome of each intent for its payer.

    `told` adds answers (intent, digest) to the usual answers; `rows` is None until `build`.
    """

    asked: list[Asks] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    told: dict[int, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    more_accounts: list[Account] = field(default_factory=list)

    def rows(self) -> Rows:
        listed = (*self.accounts.values(), *self.more_accounts)
        return Rows(
            asked=tuple(self.asked),
            entries=tuple(self.entries),
            accounts=listed,
            charges=tuple(self.charges),
            payments=tuple(self.payments),
        )

    def build(self) -> None:
        """Book all moves, one after the other."""
        for move in self.moves:
            self.book(move)

    def book(self, move: Move) -> None:
        came = [self._head(name, move.currency) for name in (move.giver, move.receiver)]
        fields = (move.kind, move.transfer, move.key, move.amount, move.currency)
        link = plain_link(came[0].hash, came[1].hash, *fields, move.giver, move.receiver)
        for name, amount in ((move.giver, -move.amount), (move.receiver, move.amount)):
            self._append(move, name, amount, link)

    def _append(self, move: Move, name: str, amount: int, link: str) -> None:
        was = self._head(name, move.currency)
        balance, sequence = was.balance_minor + amount, was.sequence + 1
        self.entries.append(
            Entry(
                entry=len(self.entries) + 1,
                transfer_id=move.transfer,
                reference=move.key,
                account=name,
                sequence=sequence,
                amount_minor=amount,
                currency=move.currency,
                balance_minor=balance,
                hash=link,
                prev_hash=was.hash,
                kind=move.kind,
            )
        )
        self.accounts[name] = Account(
            account=name,
            currency=was.currency,
            balance_minor=balance,
            sequence=sequence,
            hash=link,
        )

    def _head(self, name: str, currency: str) -> Account:
        first = Account(account=name, currency=currency, balance_minor=0, sequence=0, hash="0" * 48)
        return self.accounts.get(name, first)

    def attempts(self) -> Records:
        """One attempt of every intent that was started, and those that tell something else."""
        answers = {row.key: digest(row) for row in self.payments}
        made = []
        for intent, end in enumerate(self.ends):
            if end != "unstarted":
                outcome = OUTCOMES.get(end, Outcome.INFO)
                known = end in ("captured", "declined")
                answer = answers.get(self.asked[intent].key, 1) if known else 0
                made.append(_attempt(intent, outcome, answer, 1))
            if intent in self.told:
                made.append(_attempt(intent, Outcome.OK, self.told[intent], 2))
        return np.frombuffer(b"".join(map(pack, made)), dtype=RECORD)


def _attempt(intent: int, outcome: Outcome, answer: int, number: int) -> Attempt:
    return Attempt(
        intent, intent, 0, 10, answer, 201, outcome, 0, ErrorClass.NONE, number, effect=True
    )


def sound_script(draw: random.Random, intents: int = 6) -> Script:
    """Some payments, most of them captured, that all records agree on."""
    script = Script()
    for payer in PAYERS:
        script.moves.append(Move(f"fund:{payer}", "", "fund", "equity", payer, FUNDS))
    for intent in range(intents):
        amount = draw.randint(100, 9_999)
        payer, payee = draw.choice(PAYERS), f"merchant-{draw.randrange(3)}"
        asked = Asks(f"{PREFIX}-{intent}", payer, payee, amount)
        usual = "captured" if intent < 3 else draw.choice(("captured", "declined", "refused"))
        script.asked.append(asked)
        script.ends.append("unstarted" if intent > 3 and draw.random() < 0.2 else usual)
        if script.ends[-1] in ("captured", "declined"):
            pay(script, asked, f"p{intent}", script.ends[-1])
    return script


def pay(script: Script, asked: Asks, payment_id: str, end: str) -> None:
    """Hold, charge, post or void, store."""
    held, captured = f"held:{asked.payer}", end == "captured"
    worth = (asked.amount_minor, asked.currency)
    hold = Move(f"{payment_id}:hold", asked.key, "hold", asked.payer, held, *worth)
    kind, receiver = ("post", asked.payee) if captured else ("void", asked.payer)
    script.moves += [hold, Move(f"{payment_id}:{kind}", asked.key, kind, held, receiver, *worth)]
    script.charges.append(charge_of(asked, payment_id, "charged" if captured else "declined"))
    script.payments.append(
        Payment(
            key=asked.key,
            payment_id=payment_id,
            status=end,
            amount_minor=asked.amount_minor,
            currency=asked.currency,
            payer=asked.payer,
            payee=asked.payee,
        )
    )


def charge_of(asked: Asks, payment_id: str, status: str = "charged") -> Charge:
    """What the bank keeps."""
    return Charge(
        charge_id=f"c-{payment_id}",
        key=payment_id,
        reference=asked.key,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        status=status,
    )
