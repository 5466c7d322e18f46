"""Is each transfer a link that follows from the links before it, in the chains of both accounts."""

from __future__ import annotations

from typing import Final

from reports.inputs.evidence_tables import Asked, Evidence

FIRST_HASH: Final = "0" * 48
LINK_BYTES: Final = 24
_ROWS_AT_ONCE: Final = 4 * 122_880  # an even number, and some row groups of the stored table
_DOUBTFUL_AT_ONCE: Final = 1_000_000  # so that memory does not grow with what is wrong
# The rule is in harness/evidence/schema.py. An entry's sequence and balance are not hashed: they
# follow from the amounts and are checked as such. A sum that overflows is null.
_RULE: Final = f"""
create or replace macro sized(field) as concat(strlen(field), ':', field);
create or replace macro follows(link, gave, got, kind, transfer, reference, amount, currency, giver,
                                receiver) as
octet_length(link) = {LINK_BYTES} and starts_with(
    sha256(gave || got || encode(concat(
        sized(kind), sized(transfer), sized(reference), sized(amount::varchar), sized(currency),
        sized(giver), sized(receiver)))),
    lower(hex(link)))"""
_DOUBTFUL: Final = "create or replace table doubtful (transfer_id varchar)"
_SIDE_BY_SIDE: Final = """
insert into doubtful select transfer_id from (
    select *, lag(transfer_id) over () as giver_transfer, lag(currency) over () as giver_currency,
           lag(amount_minor) over () as given_minor, lag(hash) over () as giver_hash,
           lag(kind) over () as giver_kind, lag(reference) over () as giver_reference,
           lag(prev_hash) over () as gave, lag(account) over () as giver
    from ledger_entries where row between $first and $last)
where amount_minor > 0 and not coalesce(
    giver_transfer = transfer_id and giver_currency = currency and giver_hash = hash
    and giver_kind = kind and giver_reference = reference
    and try(given_minor + amount_minor) = 0
    and follows(hash, gave, prev_hash, kind, transfer_id, reference, amount_minor, currency, giver,
                account),
    false)"""
_SUMMARY: Final = """
select (select count(*) from doubtful) as doubtful,
       count(*) as legs, count(*) filter (where amount_minor > 0) as receivers
from ledger_entries"""
_MORE_DOUBTFUL: Final = """
insert into doubtful select transfer_id from (
    select transfer_id, amount_minor, lead(transfer_id) over () as next_transfer,
           lead(amount_minor) over () as next_minor
    from ledger_entries)
where amount_minor = 0 or amount_minor < 0
    and not coalesce(next_transfer = transfer_id and next_minor > 0, false)"""
# A transfer's first leg that gives belongs to its first that receives, and so on.
_BROKEN: Final = """
with legs as materialized (
    select transfer_id, kind, reference, account, currency, amount_minor, hash, prev_hash,
           row_number() over (partition by transfer_id, sign(amount_minor) order by row) as turn
    from ledger_entries where hash(transfer_id) % $parts = $part
        and transfer_id in (select transfer_id from doubtful)),
pairs as (
    select g.account as giver, r.account as receiver, coalesce(
        g.currency = r.currency and g.hash = r.hash
        and g.kind = r.kind and g.reference = r.reference
        and try(g.amount_minor + r.amount_minor) = 0
        and follows(r.hash, g.prev_hash, r.prev_hash, r.kind, r.transfer_id, r.reference,
                    r.amount_minor, r.currency, g.account, r.account), false) as sound
    from (select * from legs where amount_minor < 0) g
    full join (select * from legs where amount_minor > 0) r using (transfer_id, turn))
select distinct account from (
    select giver as account from pairs where not sound
    union all select receiver from pairs where not sound
    union all select account from legs where amount_minor = 0)
where account is not null"""


class LinksCheck:
    """Hashes all transfers whose legs lie side by side, beside whatever else is done.

    In sound books these are all; only what is doubtful then is looked for by its name.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        evidence.ask(_RULE)
        evidence.ask(_DOUBTFUL)
        (rows,) = evidence.ask("select count(*) as rows from ledger_entries")["rows"].tolist()
        spans = range(0, rows, _ROWS_AT_ONCE)
        self._hashed = evidence.ask_aside(
            Asked(query=_SIDE_BY_SIDE, values={"first": first, "last": first + _ROWS_AT_ONCE - 1})
            for first in spans
        )

    def hold(self) -> bool:
        """Whether each leg is one of two that belong together, and each link follows."""
        self._hashed()
        found = {name: column.item() for name, column in self._evidence.ask(_SUMMARY).items()}
        return not found["doubtful"] and 2 * found["receivers"] == found["legs"]

    def broken(self) -> set[str]:
        """The accounts with a leg whose link does not follow, or that has no counterpart."""
        self._hashed()
        self._evidence.ask(_MORE_DOUBTFUL)
        (doubtful,) = self._evidence.ask(_SUMMARY)["doubtful"].tolist()
        parts, broken = 1 + doubtful // _DOUBTFUL_AT_ONCE, set[str]()
        for part in range(parts):
            found = self._evidence.ask(_BROKEN, parts=parts, part=part)
            broken |= set(found["account"].tolist())
        return broken
