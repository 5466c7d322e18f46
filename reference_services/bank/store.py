"""The bank's memory: one line of an append-only file a charge, read back at the start.

A line is written by one call before it is answered, so a killed bank forgets nothing that it
said. (A machine that loses power may: this is a simulated provider.) Its end may be cut off by a
kill in the middle of a write; that charge was never answered and is dropped.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from reference_services.bank.domain import Charge, ChargeRequest, decide


class FullError(Exception):
    """The charge could not be written: nothing happened."""


class ChargeFile:
    """All charges by key, each of them also on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._charges: dict[str, Charge] = {}
        self._file = -1
        self._size = 0

    async def start(self) -> None:
        """Read what there is, cut off a torn end, open for appending."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        data = self._path.read_bytes()
        self._size = data.rfind(b"\n") + 1
        os.ftruncate(self._file, self._size)
        decoder = msgspec.json.Decoder(Charge)
        charges = decoder.decode_lines(data[: self._size])
        self._charges = {charge.key: charge for charge in charges}

    async def stop(self) -> None:
        """Close the file."""
        os.close(self._file)

    def find(self, key: str) -> Charge | None:
        """The charge of a key."""
        return self._charges.get(key)

    def charge(self, request: ChargeRequest) -> Charge:
        """Make a new charge, on disk before it returns. Raises FullError."""
        made = Charge(
            charge_id=f"ch_{secrets.token_hex(8)}",
            key=request.key,
            reference=request.reference,
            amount_minor=request.amount_minor,
            currency=request.currency,
            status=decide(request),
        )
        self._append(msgspec.json.encode(made) + b"\n")
        self._charges[made.key] = made
        return made

    def lines(self) -> bytes:
        """All charges as NDJSON, oldest first."""
        encoder = msgspec.json.Encoder()
        return encoder.encode_lines(list(self._charges.values()))

    def _append(self, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise FullError(str(error)) from error
        if written != len(line):
            os.ftruncate(self._file, self._size)
            raise FullError("the disk is full")
        self._size += written
