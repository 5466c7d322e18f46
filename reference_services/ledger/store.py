"""The ledger's rows: transfers at once are one statement, evidence is streamed by the database.

The role `Store` is what the application needs; `PostgresStore` implements it. DatabaseError is
passed on unchanged: it says whether the transfer may have happened.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final, Protocol, cast

from reference_services.chassis.batching import Batching
from reference_services.chassis.database import Chunks, Database
from reference_services.chassis.schema import Schema
from reference_services.ledger.domain import (
    HoldRequest,
    Outcome,
    PostRequest,
    Result,
    VoidRequest,
)

# payment, kind (hold, post, void), reference, payer ("" if the hold knows), payee, amount, currency
Move = tuple[str, str, str, str, str, int, str]
SCHEMA: Final = Schema(  # and the payers' funds
    version="ledger-7", file=Path(__file__).with_name("schema.sql"), lock=741_001
)

_MOVE: Final = "select move($1, $2, $3, $4, $5, $6, $7)"
_ENTRIES: Final = """
select entry, transfer_id, reference, account, sequence, amount_minor, currency, balance_minor,
       hash, prev_hash, kind
from entries order by entry"""
# Each booked transfer adds two to the sum; entries and accounts change with nothing else.
_VERSION: Final = "select sum(sequence)::text from accounts"
_ACCOUNTS: Final = """
select account, currency, balance_minor, sequence, hash from accounts order by account"""


class Store(Protocol):
    """What the ledger can do. All of it is safe to repeat. Raises DatabaseError."""

    async def start(self) -> None:
        """Begin; returns at once."""

    async def stop(self) -> None:
        """End."""

    async def ready(self) -> str:
        """Why nothing can be booked now, or nothing."""

    async def hold(self, request: HoldRequest) -> Result:
        """Payer -> held:<payer>."""

    async def post(self, payment_id: str, request: PostRequest) -> Result:
        """held:<payer> -> payee."""

    async def void(self, payment_id: str, request: VoidRequest) -> Result:
        """held:<payer> -> payer."""

    async def entries(self, chunks: Chunks) -> None:
        """All entries as CSV, oldest first."""

    async def accounts(self, chunks: Chunks) -> None:
        """All accounts as CSV."""

    async def version(self) -> str:
        """Changes with every change of entries and accounts."""


class PostgresStore:
    """Books in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moves: Batching[Move, str] = Batching(partial(database.together, _MOVE))

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        await self._database.start()

    async def stop(self) -> None:
        """Close the connections."""
        await self._database.stop()

    async def ready(self) -> str:
        """Why nothing can be booked now, or nothing."""
        return await self._database.ready()

    async def hold(self, request: HoldRequest) -> Result:
        """Payer -> held:<payer>."""
        return await self._moved(
            (
                request.payment_id,
                "hold",
                request.reference,
                request.payer,
                request.payee,
                request.amount_minor,
                request.currency,
            )
        )

    async def post(self, payment_id: str, request: PostRequest) -> Result:
        """held:<payer> -> payee."""
        return await self._moved(
            (
                payment_id,
                "post",
                request.reference,
                "",
                request.payee,
                request.amount_minor,
                request.currency,
            )
        )

    async def void(self, payment_id: str, request: VoidRequest) -> Result:
        """held:<payer> -> payer."""
        return await self._moved((payment_id, "void", request.reference, "", "", 0, ""))

    async def entries(self, chunks: Chunks) -> None:
        """All entries as CSV, oldest first."""
        await self._database.export(_ENTRIES, chunks)

    async def accounts(self, chunks: Chunks) -> None:
        """All accounts as CSV."""
        await self._database.export(_ACCOUNTS, chunks)

    async def version(self) -> str:
        """Changes with every change of entries and accounts."""
        row = await self._database.row(_VERSION)
        return "" if row is None else str(row[0])

    async def _moved(self, move: Move) -> Result:
        outcome, _, reason = (await self._moves.ask(move)).partition(":")
        transfer_id = f"{move[0]}:{move[1]}"
        return Result(transfer_id=transfer_id, outcome=cast("Outcome", outcome), reason=reason)
