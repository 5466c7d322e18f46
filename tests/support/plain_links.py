"""The link of a transfer as docs/invariants.md defines it, for oracles and ledgers."""

from __future__ import annotations

import hashlib


def plain_link(gave: str, received: str, *fields: object) -> str:
    """`fields`: kind, transfer_id, reference, amount_minor, currency, giver, receiver."""
    values = [str(field).encode() for field in fields]
    text = b"".join(str(len(value)).encode() + b":" + value for value in values)
    return hashlib.sha256(bytes.fromhex(gave + received) + text).hexdigest()[:48]
