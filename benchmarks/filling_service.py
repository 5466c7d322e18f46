"""A service of a measured system that puts rows into its databases, and is ready when they are in.

It is declared in the system file, so the supervisor gives it the database addresses like any other
service. Environment: PORT, LEDGER_DATABASE, PAYMENTS_DATABASE (URLs), PAYMENTS (how many).
"""

from __future__ import annotations

import asyncio
import os
from typing import Final

import asyncpg

from benchmarks.tiny_service import serve

_SCHEMA_LIMIT_S: Final = 30.0
_POLL_S: Final = 0.05
# The rows have the real columns; their hashes form no valid chain, which a fetch does not check.
_ENTRIES: Final = """
insert into entries (entry, transfer_id, reference, account, sequence, amount_minor, currency,
                     balance_minor, hash, prev_hash, kind)
select 1000000000 + n * 4 + leg, 'pay_' || left(md5(n::text), 24) || ':' || kind, 'bench-' || n,
       case leg when 1 then 'payer-' || payer when 4 then 'merchant-007' else 'held:payer-' || payer
       end,
       1000000 + n * 4 + leg, sign * (100 + n % 9900), 'EUR', 1000000 + n,
       left(encode(sha256(int8send(n * 4 + (leg - 1) / 2)), 'hex'), 48),
       left(encode(sha256(int8send(n * 4 + leg - 4)), 'hex'), 48), kind
from generate_series(0, $1::int - 1) n,
     lateral (select lpad((n % 1000)::text, 4, '0') as payer) p,
     (values (1, -1, 'hold'), (2, 1, 'hold'), (3, -1, 'post'), (4, 1, 'post')) l (leg, sign, kind)
order by n, leg"""
_PAYMENTS: Final = """
insert into payments (key, payment_id, payer, payee, amount_minor, currency, status, lease_until)
select 'bench-' || n, 'pay_' || left(md5(n::text), 24), 'payer-' || lpad((n % 1000)::text, 4, '0'),
       'merchant-007', 100 + n % 9900, 'EUR', 'captured', now()
from generate_series(0, $1::int - 1) n"""


async def main() -> None:
    """Fill, then answer until killed."""
    payments = int(os.environ["PAYMENTS"])
    await _fill(os.environ["LEDGER_DATABASE"], "entries", _ENTRIES, payments)
    await _fill(os.environ["PAYMENTS_DATABASE"], "payments", _PAYMENTS, payments)
    await serve(int(os.environ["PORT"]))


async def _fill(url: str, table: str, query: str, payments: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(_SCHEMA_LIMIT_S):
            while await connection.fetchval("select to_regclass($1)", table) is None:  # noqa: ASYNC110  # another process makes it
                await asyncio.sleep(_POLL_S)  # the table's owner starts at the same time
        await connection.execute(query, payments)
        await connection.execute(f"vacuum analyze {table}")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
