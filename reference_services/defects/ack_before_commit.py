"""Defect: the ledger acknowledges a transfer at once and writes it a quarter of a second later.

A healthy system shows no symptom: the writes follow in order and are retried until they succeed.
A kill loses transfers that were acknowledged and not yet written. A clean stop writes all first.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from reference_services.chassis.database import Chunks, DatabaseError
from reference_services.ledger.domain import HoldRequest, PostRequest, Result, VoidRequest
from reference_services.ledger.store import Store

DELAY_S: Final = 0.25
AGAIN_S: Final = 0.1
TRIES: Final = 100  # the other replica may still owe the hold that this write needs
STOP_S: Final = 3.0
_WRITTEN: Final = ("booked", "exists", "refused", "conflict")


@dataclass(slots=True)
class _Owed:
    """One acknowledged write that has not been made yet."""

    due_s: float
    write: Callable[[], Awaitable[Result]]
    tries: int = 0


class AckBeforeCommit:
    """The sound store, but every transfer is answered `booked` before it is written."""

    def __init__(self, sound: Store) -> None:
        self._sound = sound
        self._owed: deque[_Owed] = deque()
        self._all_written = asyncio.Event()
        self._all_written.set()
        self._writer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """As the sound one, and begin to write behind."""
        await self._sound.start()
        self._writer = asyncio.create_task(self._write_behind())

    async def stop(self) -> None:
        """Write what is owed, at most for STOP_S, then as the sound one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self._all_written.wait()
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._sound.stop()

    async def ready(self) -> str:
        """As the sound one."""
        return await self._sound.ready()

    async def hold(self, request: HoldRequest) -> Result:
        """Acknowledged, owed."""
        return self._ack(f"{request.payment_id}:hold", lambda: self._sound.hold(request))

    async def post(self, payment_id: str, request: PostRequest) -> Result:
        """Acknowledged, owed."""
        return self._ack(f"{payment_id}:post", lambda: self._sound.post(payment_id, request))

    async def void(self, payment_id: str, request: VoidRequest) -> Result:
        """Acknowledged, owed."""
        return self._ack(f"{payment_id}:void", lambda: self._sound.void(payment_id, request))

    async def entries(self, chunks: Chunks) -> None:
        """As the sound one."""
        await self._sound.entries(chunks)

    async def accounts(self, chunks: Chunks) -> None:
        """As the sound one."""
        await self._sound.accounts(chunks)

    async def version(self) -> str:
        """As the sound one."""
        return await self._sound.version()

    def _ack(self, transfer_id: str, write: Callable[[], Awaitable[Result]]) -> Result:
        self._owed.append(_Owed(time.monotonic() + DELAY_S, write))
        self._all_written.clear()
        return Result(transfer_id=transfer_id, outcome="booked")

    async def _write_behind(self) -> None:
        """In order; a write that cannot be made yet goes to the end. Until `stop`."""
        while True:
            wait_s = self._owed[0].due_s - time.monotonic() if self._owed else AGAIN_S / 10
            if wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            owed = self._owed[0]  # stays in the queue while it is written: `stop` waits for it
            written = await _made(owed)
            self._owed.popleft()
            if not written and owed.tries < TRIES:
                self._owed.append(_Owed(time.monotonic() + AGAIN_S, owed.write, owed.tries + 1))
            if not self._owed:
                self._all_written.set()


async def _made(owed: _Owed) -> bool:
    try:
        return (await owed.write()).outcome in _WRITTEN
    except DatabaseError:
        return False


SWAPS = {"ledger.store": AckBeforeCommit}
