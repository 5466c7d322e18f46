"""What payments service, bank and ledger hold under the key of each intent, held against asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.evidence_tables import Column, Evidence
from reports.inputs.schedule import Ints
from reports.measures.cohorts import Flags

_OURS: Final = "join asked a on a.intent = t.intent where a.intent < $size"
_STORED: Final = f"""
select a.intent, count(*) as stored, count(*) filter (t.status = 'captured') as captured,
       count(*) filter (t.status = 'pending') as pending,
       count(*) filter (t.status not in ('captured', 'pending', 'declined')) as odd,
       coalesce(bool_or(t.payer <> a.payer or t.payee <> a.payee), false) as wrong_party,
       coalesce(bool_or(t.amount_minor <> a.amount_minor or t.currency <> a.currency), false)
           as wrong_amount
from payments t {_OURS} group by a.intent"""  # noqa: S608  # own names
_CHARGED: Final = f"""
select a.intent, count(*) as charges, count(*) filter (t.status = 'charged') as charged,
       count(*) filter (t.status not in ('charged', 'declined')) as odd,
       coalesce(bool_or(t.amount_minor <> a.amount_minor or t.currency <> a.currency), false)
           as wrong_amount
from bank_charges t {_OURS} group by a.intent"""  # noqa: S608  # own names
# A transfer is counted by the leg that receives. Every leg is held against its own account.
_BOOKED: Final = f"""
select a.intent, count(*) as legs,
       count(*) filter (t.kind = 'hold' and t.amount_minor > 0) as holds,
       count(*) filter (t.kind = 'post' and t.amount_minor > 0) as posts,
       count(*) filter (t.kind = 'void' and t.amount_minor > 0) as voids,
       count(*) filter (t.kind not in ('hold', 'post', 'void')) as odd,
       coalesce(bool_or(t.account <> case
           when t.amount_minor < 0 and t.kind = 'hold' then a.payer
           when t.amount_minor < 0 then 'held:' || a.payer
           when t.kind = 'hold' then 'held:' || a.payer
           when t.kind = 'post' then a.payee else a.payer end), false) as wrong_party,
       coalesce(bool_or(abs(t.amount_minor::hugeint) <> a.amount_minor
                        or t.currency <> a.currency), false) as wrong_amount,
       coalesce(sum(t.amount_minor) filter (starts_with(t.account, 'held:')), 0) <> 0 as held,
       coalesce(min(t.sequence) filter (starts_with(t.account, 'held:') and t.kind <> 'hold')
                < min(t.sequence) filter (starts_with(t.account, 'held:') and t.kind = 'hold'),
                false) as early
from ledger_entries t {_OURS} and t.kind <> 'fund' group by a.intent"""  # noqa: S608  # own names
# An id of a stored payment is that of no other one, and of its charges and transfers. Ids of
# charges and transfers are those of one payment, also where none is stored.
_WRONG_ID: Final = """
with stored as (select intent, list(payment_id) as ids from payments
                where intent >= 0 and intent < $size group by intent),
     shared as (select payment_id from payments group by payment_id having count(*) > 1),
     crossed as (select intent, key, reference from bank_charges union all
                 select intent, transfer_id, reference from ledger_entries where kind <> 'fund'),
     used as (select intent, key as id from bank_charges union all
              select intent, case when ends_with(transfer_id, ':' || kind)
                                  then left(transfer_id, -1 - length(kind)) else ' ' end
              from ledger_entries where kind <> 'fund')
select distinct intent, true as wrong_id from (
    select intent from stored join used using (intent) where not list_contains(ids, id)
    union all select intent from payments join shared using (payment_id)
    union all select intent from crossed where key in (
        select key from crossed group by key having count(distinct reference) > 1))
where intent >= 0 and intent < $size"""
_SHARED: Final = """
select distinct intent, true as charge from bank_charges
where intent >= 0 and intent < $size and charge_id in (
    select charge_id from bank_charges group by charge_id having count(distinct reference) > 1)"""
# The ledger refuses a hold that the payer's balance does not cover, and accounts it does not have.
# An account whose every balance covers the amount could pay it at any time.
_UNCAUSED: Final = """
with could_pay as (
    select account, currency, min(balance_minor) as lowest_minor from ledger_entries
    group by account, currency having bool_or(kind = 'fund' and amount_minor > 0)),
could_be_paid as (
    select distinct account, currency from ledger_entries
    where not starts_with(account, 'held:') and account <> 'equity')
select distinct p.intent, true as uncaused from payments p
join could_pay a on a.account = p.payer and a.currency = p.currency
join could_be_paid b on b.account = p.payee and b.currency = p.currency
where p.status = 'declined' and p.payer <> p.payee and a.lowest_minor >= p.amount_minor
  and p.intent >= 0 and p.intent < $size
  and not exists (select 1 from bank_charges c where c.intent = p.intent)"""
_STRANGERS: Final = """
select distinct key from (
    select key, intent from payments
    union all select reference, intent from bank_charges
    union all select reference, intent from ledger_entries where kind <> 'fund')
where coalesce(intent not between 0 and $size - 1, true) order by key"""
_OPEN_HOLDS: Final = """
select account from ledger_entries
where starts_with(account, 'held:')
  and reference not in (select key from payments where status = 'pending')
group by account having sum(amount_minor) <> 0 order by account"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Counts and findings, one place an intent.

    `stored`, `charges` and `legs` count rows of any kind; `odd` rows of an undefined status or
    kind;
    `held`: what was booked on hold accounts under the key does not sum to zero; `early`: its post
    or void precedes its hold in the sequence of the hold account; `uncaused`: declined, not by the
    bank, and the payer's balance was never too low for it; `shared_charge`: a charge has the charge
    id of one under another key.
    """

    stored: Ints
    captured: Ints
    pending: Ints
    odd: Ints
    charges: Ints
    charged: Ints
    legs: Ints
    holds: Ints
    posts: Ints
    voids: Ints
    held: Flags
    early: Flags
    uncaused: Flags
    wrong_id: Flags
    shared_charge: Flags
    wrong_party: Flags
    wrong_amount: Flags

    @classmethod
    def of(cls, evidence: Evidence, size: int) -> Facts:
        """Of the first `size` intents."""
        stored, charged, booked, named, refused, shared = (
            _by_intent(evidence.ask(query, size=size), size)
            for query in (_STORED, _CHARGED, _BOOKED, _WRONG_ID, _UNCAUSED, _SHARED)
        )
        return cls(
            stored=stored["stored"],
            captured=stored["captured"],
            pending=stored["pending"],
            odd=stored["odd"] + charged["odd"] + booked["odd"],
            charges=charged["charges"],
            charged=charged["charged"],
            legs=booked["legs"],
            holds=booked["holds"],
            posts=booked["posts"],
            voids=booked["voids"],
            held=booked["held"],
            early=booked["early"],
            uncaused=refused["uncaused"],
            wrong_id=named["wrong_id"],
            shared_charge=shared["charge"],
            wrong_party=stored["wrong_party"] | booked["wrong_party"],
            wrong_amount=stored["wrong_amount"] | charged["wrong_amount"] | booked["wrong_amount"],
        )


def strangers(evidence: Evidence, size: int) -> tuple[str, ...]:
    """Every key in the records that no intent has, in order; opening funds have none."""
    return tuple(evidence.ask(_STRANGERS, size=size)["key"].tolist())


def open_hold_accounts(evidence: Evidence) -> tuple[str, ...]:
    """Hold accounts whose entries do not sum to zero without those of pending payments."""
    return tuple(evidence.ask(_OPEN_HOLDS)["account"].tolist())


def _by_intent(rows: Mapping[str, Column], size: int) -> dict[str, Column]:
    """Each column with one value for each intent; 0 or False for an intent without a row."""
    spread: dict[str, Column] = {}
    for name, values in rows.items():
        spread[name] = np.zeros(size, dtype=values.dtype)
        spread[name][rows["intent"]] = values
    return spread
