"""Defect: a key is looked up and then inserted; no constraint makes it unique."""

from __future__ import annotations

from typing import Final

from reference_services.chassis.schema import Schema
from reference_services.defects.parts.around import Around
from reference_services.payments.domain import Claim, PaymentRequest, claim_verdict

_NOT_UNIQUE: Final = (
    ("    key text primary key,\n", "    key text not null,\n"),
    ("            on conflict (key) do nothing;\n", "            ;\n"),
    (
        "create index payments_dead",
        "create index by_key on payments (key);\ncreate index payments_dead",
    ),
)


class CheckThenInsert(Around):
    """The sound store without the protection of a unique key."""

    async def claim(self, key: str, payment_id: str, request: PaymentRequest) -> Claim:
        """Insert if nobody has inserted it a moment ago."""
        known = await self._sound.find(key)
        if known is not None and known.final:
            return Claim(verdict=claim_verdict(known, request, taken=False), payment=known)
        if known is not None:
            return Claim(verdict="in_progress", payment=known)
        claimed: Claim = await self._sound.claim(key, payment_id, request)
        return claimed


def _not_unique(sound: Schema) -> Schema:
    return Schema(version=sound.version, file=sound.file, lock=sound.lock, changes=_NOT_UNIQUE)


SWAPS = {"payments.schema": _not_unique, "payments.store": CheckThenInsert}
