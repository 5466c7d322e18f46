"""The payments' rows: claims with a lease, final answers written once.

The role `Store` is what the application needs; `PostgresStore` implements it. Leases use the clock
of the database only. DatabaseError is passed on unchanged.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final, Protocol

import asyncpg

from reference_services.chassis.batching import Batching
from reference_services.chassis.database import (
    AnswerLostError,
    Chunks,
    Database,
    NothingHappenedError,
)
from reference_services.chassis.schema import Schema
from reference_services.payments.domain import (
    Claim,
    Payment,
    PaymentRequest,
    Status,
    claim_verdict,
)

LEASE_S: Final = 3.0  # longer than a request may live: an older one has given up or died
FAILURES_MAX: Final = 40  # then a payment is a dead letter
SCHEMA: Final = Schema(
    version="payments-5", file=Path(__file__).with_name("schema.sql"), lock=741_002
)
_LEASE: Final = f"clock_timestamp() + interval '{LEASE_S} s'"
_FIELDS: Final = "key, payment_id, payer, payee, amount_minor, currency, status, reason"

_WRITE: Final = f"select write($1, $2, $3, $4, $5, $6, $7, $8, interval '{LEASE_S} s')"
_TAKE_OVER: Final = f"""
update payments set lease_until = {_LEASE}, attempts = attempts + 1
where key = $1 and status = 'pending' and lease_until < clock_timestamp()
returning {_FIELDS}"""  # noqa: S608  # constants only
_FIND: Final = f"select {_FIELDS} from payments where key = $1"  # noqa: S608  # constants only
_RELEASE: Final = """
update payments set lease_until = clock_timestamp() where key = $1 and status = 'pending'"""
_SWEEP: Final = f"""
update payments set lease_until = {_LEASE}, attempts = attempts + 1
where key in (select key from payments
              where status = 'pending' and lease_until < clock_timestamp()
                and created_at < clock_timestamp() - interval '{LEASE_S} s'
              order by lease_until limit $1 for update skip locked)
returning {_FIELDS}"""  # noqa: S608  # constants only
_FAIL: Final = f"""
update payments
set failures = failures + $2, reason = $3,
    status = case when failures + $2 >= {FAILURES_MAX} then 'dead_letter' else status end,
    finished_at = case when failures + $2 >= {FAILURES_MAX} then clock_timestamp() end
where key = $1 and status = 'pending'
returning {_FIELDS}"""  # noqa: S608  # constants only
# A payment is added once, leaves `pending` once, and a dead letter at most once: no change leaves
# all three numbers as they were.
_VERSION: Final = """
select concat_ws('-', count(*), count(*) filter (where status = 'pending'),
                 count(*) filter (where status = 'dead_letter')) from payments"""
_DEAD_LETTERS: Final = "select count(*) from payments where status = 'dead_letter'"
_EVIDENCE: Final = """
select key, payment_id, status, amount_minor, currency, payer, payee
from payments order by created_at, key"""

# key, status, reason; for a claim payment id, payer, payee, amount and currency too
_Write = tuple[str, Status, str, str, str, str, int, str]


class Store(Protocol):
    """What payments needs to remember. Raises DatabaseError."""

    async def start(self) -> None:
        """Begin; returns at once."""

    async def stop(self) -> None:
        """End."""

    async def ready(self) -> str:
        """The reason why no claim can be stored now, or an empty text."""

    async def claim(self, key: str, payment_id: str, request: PaymentRequest) -> Claim:
        """Claim the key for a new payment; if it is taken, return the payment of the key."""

    async def find(self, key: str) -> Payment | None:
        """The payment of a key."""

    async def finish(self, payment: Payment, status: Status, reason: str) -> Payment:
        """Store the final status unless one is stored; return the stored payment."""

    async def release(self, payment: Payment) -> None:
        """Release the lease, so that the next attempt can continue at once."""

    async def sweep(self, limit: int) -> list[Payment]:
        """Lease up to `limit` payments that no request works on any more."""

    async def fail(self, payment: Payment, weight: int, reason: str) -> Payment:
        """Count a failed attempt to finish it; above FAILURES_MAX it becomes a dead letter."""

    async def dead_letters(self) -> int:
        """How many there are, of all replicas."""

    async def version(self) -> str:
        """Changes with every change of the evidence."""

    async def evidence(self, chunks: Chunks) -> None:
        """All payments as CSV."""


class PostgresStore:
    """Remembers in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # the answer says for each of them whether it counted
        self._writes: Batching[_Write, bool] = Batching(partial(database.together, _WRITE))

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        await self._database.start()

    async def stop(self) -> None:
        """Close the connections."""
        await self._database.stop()

    async def ready(self) -> str:
        """The reason why no claim can be stored now, or an empty text."""
        return await self._database.ready()

    async def claim(self, key: str, payment_id: str, request: PaymentRequest) -> Claim:
        """Claim the key for a new payment; if it is taken, return the payment of the key."""
        fields = (request.payer, request.payee, request.amount_minor, request.currency)
        if await self._writes.ask((key, "pending", "", payment_id, *fields)):
            fresh = Payment(
                key=key,
                payment_id=payment_id,
                payer=request.payer,
                payee=request.payee,
                amount_minor=request.amount_minor,
                currency=request.currency,
            )
            return Claim(verdict="new", payment=fresh)
        try:
            return await self._known(key, request)
        except NothingHappenedError as error:  # the key belongs to an earlier attempt
            raise AnswerLostError(f"the key is known, its payment is not: {error}") from error

    async def _known(self, key: str, request: PaymentRequest) -> Claim:
        known = await self.find(key)
        if known is None:
            raise LookupError(f"key {key} was there and is gone: rows are never deleted")
        if known.final or not known.asks(request):
            return Claim(verdict=claim_verdict(known, request, taken=False), payment=known)
        taken = await self._database.row(_TAKE_OVER, key)
        verdict = claim_verdict(known, request, taken=taken is not None)
        return Claim(verdict=verdict, payment=known)

    async def find(self, key: str) -> Payment | None:
        """The payment of a key."""
        row = await self._database.row(_FIND, key)
        return None if row is None else _payment(row)

    async def finish(self, payment: Payment, status: Status, reason: str) -> Payment:
        """Store the final status unless one is stored; return the stored payment."""
        if await self._writes.ask((payment.key, status, reason, "", "", "", 0, "")):
            return payment.ended(status, reason)
        return await self.find(payment.key) or payment

    async def release(self, payment: Payment) -> None:
        """Release the lease, so that the next attempt can continue at once."""
        await self._database.row(_RELEASE, payment.key)

    async def sweep(self, limit: int) -> list[Payment]:
        """Lease up to `limit` payments that no request works on any more."""
        return [_payment(row) for row in await self._database.rows(_SWEEP, limit)]

    async def fail(self, payment: Payment, weight: int, reason: str) -> Payment:
        """Count a failed attempt to finish it; above FAILURES_MAX it becomes a dead letter."""
        row = await self._database.row(_FAIL, payment.key, weight, reason)
        return payment if row is None else _payment(row)

    async def dead_letters(self) -> int:
        """How many there are, of all replicas."""
        row = await self._database.row(_DEAD_LETTERS)
        return 0 if row is None else int(row[0])

    async def version(self) -> str:
        """Changes with every change of the evidence."""
        row = await self._database.row(_VERSION)
        return "" if row is None else str(row[0])

    async def evidence(self, chunks: Chunks) -> None:
        """All payments as CSV."""
        await self._database.export(_EVIDENCE, chunks)


def _payment(row: asyncpg.Record) -> Payment:
    return Payment(**dict(row.items()))
