"""The bank's charges in SQLite: memory stays the same however many there are.

A charge is in the file before it is answered, so a killed bank forgets nothing that it answered;
SQLite drops a write that a kill cut off, and that charge was never answered. Nothing is forced to
the disk: a machine that loses power may lose charges, since the bank is a simulated provider.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from pathlib import Path
from typing import Final

import msgspec

from reference_services.bank.domain import Charge, ChargeRequest, decide
from reference_services.chassis.problems import Sink

_SCHEMA: Final = Path(__file__).with_name("schema.sql")
_BUSY_TIMEOUT_S: Final = 1.0  # a killed predecessor may still be ending
_CACHE_KIB: Final = 2048
_ROWS_AT_ONCE: Final = 500
_FIELDS: Final = "charge_id, key, reference, amount_minor, currency, status"
_FIND: Final = f"select {_FIELDS} from charges where key = ?"  # noqa: S608  # constants only
_INSERT: Final = f"insert into charges ({_FIELDS}) values (?, ?, ?, ?, ?, ?)"  # noqa: S608  # likewise
_PAGE: Final = f"""
select number, {_FIELDS} from charges where number > ? and number <= ? order by number
limit {_ROWS_AT_ONCE}"""  # noqa: S608  # likewise
_LAST: Final = "select coalesce(max(number), 0) from charges"


class FullError(Exception):
    """The charge could not be written: nothing happened."""


class ChargeStore:
    """All charges by key, on disk. Only rows are added, so a prefix of them is a snapshot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None

    async def start(self) -> None:
        """Open the file; SQLite repairs what a kill cut off."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        charges = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        charges.execute("pragma journal_mode = wal")
        charges.execute("pragma synchronous = off")
        charges.execute(f"pragma cache_size = -{_CACHE_KIB}")
        charges.executescript(_SCHEMA.read_text())
        self._opened = charges

    async def stop(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def find(self, key: str) -> Charge | None:
        """The charge of a key."""
        row = self._file().execute(_FIND, (key,)).fetchone()
        return None if row is None else _charge(row)

    def charge(self, request: ChargeRequest) -> Charge:
        """Make a new charge, in the file before it returns. Raises FullError."""
        made = Charge(
            charge_id=f"ch_{secrets.token_hex(8)}",
            key=request.key,
            reference=request.reference,
            amount_minor=request.amount_minor,
            currency=request.currency,
            status=decide(request),
        )
        try:
            self._file().execute(_INSERT, msgspec.structs.astuple(made))
        except sqlite3.OperationalError as error:  # no space, not writable
            raise FullError(str(error)) from error
        return made

    def version(self) -> str:
        """Changes with every charge."""
        return str(self._last())

    async def lines(self, sink: Sink) -> None:
        """All charges that exist now as NDJSON, oldest first, a few at a time."""
        encoder, last, number = msgspec.json.Encoder(), self._last(), 0
        while number < last:
            with contextlib.closing(self._file().execute(_PAGE, (number, last))) as found:
                rows = found.fetchall()
            number = rows[-1][0]
            await sink(encoder.encode_lines([_charge(row[1:]) for row in rows]))

    def _last(self) -> int:
        return int(self._file().execute(_LAST).fetchone()[0])

    def _file(self) -> sqlite3.Connection:
        if self._opened is None:
            raise FullError("the bank's file is not open")
        return self._opened


def _charge(row: tuple[str, str, str, int, str, str]) -> Charge:
    charge_id, key, reference, amount_minor, currency, status = row
    return Charge(
        charge_id=charge_id,
        key=key,
        reference=reference,
        amount_minor=amount_minor,
        currency=currency,
        status="charged" if status == "charged" else "declined",
    )
