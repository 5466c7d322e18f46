"""The sweeper: finishes payments that nobody works on any more, a few at a time.

Rows are leased by SKIP LOCKED, so that the sweepers of all replicas share the work; a sweeper that
dies loses its lease like anybody else. It has no failpoints: repair must end.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from reference_services.logs import CURRENT, Log, trace_of
from reference_services.payments.domain import Payment
from reference_services.payments.edges import StepError
from reference_services.payments.saga import Saga
from reference_services.resilience.database import DatabaseError
from reference_services.resilience.policy import ANSWER_S

PERIOD_S: Final = 1.0
BATCH: Final = 8  # at once: repair must not starve new payments


class Sweeper:
    """Looks every `period_s`; goes on without a pause while there is a full batch to finish."""

    def __init__(self, saga: Saga, log: Log, period_s: float = PERIOD_S) -> None:
        self._saga, self._log, self._period_s = saga, log, period_s
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop looking; what is leased stays for the others."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep_once(self) -> int:
        """Lease one batch and finish what can be finished; how many were leased."""
        if self._saga.retry_after_s() > 0:
            return 0  # nothing can be finished while a breaker is open
        found = await self._saga.store.sweep(BATCH)
        if not found:
            return 0
        ended = await asyncio.gather(*(self._finish(payment) for payment in found))
        self._log.event("sweeper", name="payments", found=len(found), finished=sum(ended))
        return len(found)

    async def _run(self) -> None:
        """Until `stop`."""
        found = 0
        while True:
            if found < BATCH:
                await asyncio.sleep(self._period_s)
            found = 0
            try:
                found = await self.sweep_once()
            except DatabaseError as error:
                self._log.event("sweep-failed", level="warning", error=str(error))
            except Exception as error:  # noqa: BLE001  # a process's edge: one bad round is no end
                self._log.event("sweep-failed", level="error", error=repr(error))

    async def _finish(self, payment: Payment) -> bool:
        CURRENT.set(trace_of(None, payment.key))
        try:
            ended = await self._saga.finish(payment, time.monotonic() + ANSWER_S)
        except (StepError, DatabaseError) as error:
            self._log.event("unfinished", level="warning", error=str(error))
            return False
        return ended.final
