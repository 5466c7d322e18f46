"""The rule of the hash chain, and the accounts whose links do not follow it."""

from __future__ import annotations

from typing import Final

from reports.inputs.evidence_tables import Evidence

FIRST_HASH: Final = "0" * 48
LINK_BYTES: Final = 24
_DOUBTFUL_AT_ONCE: Final = 1_000_000  # so that memory does not grow with what is wrong
# The rule is in docs/invariants.md. An entry's sequence and balance are not hashed: they
# follow from the amounts and are checked as such. A sum that overflows is null. Each field is
# written with its length in bytes before it.
RULE: Final = f"""
create or replace macro follows(link, gave, got, kind, transfer, reference, amount, currency, giver,
                                receiver) as
octet_length(link) = {LINK_BYTES} and starts_with(
    sha256(gave || got || encode(concat(
        strlen(kind), ':', kind, strlen(transfer), ':', transfer,
        strlen(reference), ':', reference, strlen(amount::varchar), ':', amount,
        strlen(currency), ':', currency, strlen(giver), ':', giver,
        strlen(receiver), ':', receiver))),
    lower(hex(link)))"""
_DOUBTFUL: Final = "create or replace table doubtful (transfer_id varchar)"
_SIDE_BY_SIDE: Final = """
insert into doubtful select transfer_id from (
    select *, lag(transfer_id) over () as giver_transfer, lag(currency) over () as giver_currency,
           lag(amount_minor) over () as given_minor, lag(hash) over () as giver_hash,
           lag(kind) over () as giver_kind, lag(reference) over () as giver_reference,
           lag(prev_hash) over () as gave, lag(account) over () as giver
    from ledger_entries)
where amount_minor > 0 and not coalesce(
    giver_transfer = transfer_id and giver_currency = currency and giver_hash = hash
    and giver_kind = kind and giver_reference = reference
    and try(given_minor + amount_minor) = 0
    and follows(hash, gave, prev_hash, kind, transfer_id, reference, amount_minor, currency, giver,
                account),
    false)"""
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


def broken_links(evidence: Evidence) -> set[str]:
    """The accounts with a leg without a counterpart, or with a link that does not follow."""
    for query in (RULE, _DOUBTFUL, _SIDE_BY_SIDE, _MORE_DOUBTFUL):
        evidence.ask(query)
    (doubtful,) = evidence.ask("select count(*) as rows from doubtful")["rows"].tolist()
    parts, broken = 1 + doubtful // _DOUBTFUL_AT_ONCE, set[str]()
    for part in range(parts):
        found = evidence.ask(_BROKEN, parts=parts, part=part)
        broken |= set(found["account"].tolist())
    return broken
