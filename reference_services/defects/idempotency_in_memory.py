"""Defect: idempotency keys live in the process's memory, so another replica books again.

Seen in the wild in demo banks that keep request ids in a per-process cache. Each replica, alone
and alive, replays its answers as it should; the table is still written, for status and evidence.
"""

from __future__ import annotations

from reference_services.chassis.database import Chunks
from reference_services.payments.domain import (
    Claim,
    Payment,
    PaymentRequest,
    Status,
    claim_verdict,
)
from reference_services.payments.store import Store


class MemoryKeys:
    """The sound store, but a key is known only if this very process has seen it."""

    def __init__(self, sound: Store) -> None:
        self._sound = sound
        self._seen: dict[str, Payment] = {}

    async def start(self) -> None:
        """As the sound one."""
        await self._sound.start()

    async def stop(self) -> None:
        """As the sound one."""
        await self._sound.stop()

    async def ready(self) -> str:
        """As the sound one."""
        return await self._sound.ready()

    async def claim(self, key: str, payment_id: str, request: PaymentRequest) -> Claim:
        """Ignore the key in the table; decide by the memory of this process only."""
        known = self._seen.get(key)
        if known is not None:
            return Claim(verdict=claim_verdict(known, request, taken=False), payment=known)
        stored = await self._sound.claim(key, payment_id, request)
        own = Payment(
            key=key,
            payment_id=payment_id,
            payer=request.payer,
            payee=request.payee,
            amount_minor=request.amount_minor,
            currency=request.currency,
        )
        payment = stored.payment if stored.verdict == "new" else own
        self._seen[key] = payment
        return Claim(verdict="new", payment=payment)

    async def find(self, key: str) -> Payment | None:
        """As the sound one."""
        return await self._sound.find(key)

    async def finish(self, payment: Payment, status: Status, reason: str) -> Payment:
        """Return the answer of this replica, even if another replica has stored one."""
        await self._sound.finish(payment, status, reason)
        ended = self._seen[payment.key] = payment.ended(status, reason)
        return ended

    async def release(self, payment: Payment) -> None:
        """Forget it here too: the next attempt goes on with what the table says."""
        self._seen.pop(payment.key, None)
        await self._sound.release(payment)

    async def sweep(self, limit: int) -> list[Payment]:
        """As the sound one."""
        return await self._sound.sweep(limit)

    async def fail(self, payment: Payment, weight: int, reason: str) -> Payment:
        """As the sound one."""
        return await self._sound.fail(payment, weight, reason)

    async def dead_letters(self) -> int:
        """As the sound one."""
        return await self._sound.dead_letters()

    async def version(self) -> str:
        """As the sound one."""
        return await self._sound.version()

    async def evidence(self, chunks: Chunks) -> None:
        """As the sound one."""
        await self._sound.evidence(chunks)


SWAPS = {"payments.store": MemoryKeys}
