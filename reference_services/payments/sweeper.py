"""The sweeper: finishes payments that no request works on, in small batches.

Rows are leased with SKIP LOCKED, so the sweepers of all replicas share the work, and the lease of
a sweeper that dies expires. Failpoints do not apply here. A payment that is not finished after a
limited number of attempts becomes a dead letter: an event, a metric and a status in the evidence.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import ExitStack
from typing import Final, Protocol

from reference_services.chassis import deadlines
from reference_services.chassis.database import DatabaseError
from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import CURRENT, Log, trace_of
from reference_services.payments.domain import Payment
from reference_services.payments.edges import ContractError, StepError
from reference_services.payments.saga import Leave, Saga
from reference_services.resilience.errors import BreakerOpenError
from reference_services.resilience.policy import ANSWER_S

PERIOD_S: Final = 1.0
BATCH: Final = 8  # at once, so that repair leaves capacity to new payments
WEIGHT: Final = 1  # of a failure that may pass: a service is down or slow
CONTRACT_WEIGHT: Final = 8  # of an answer outside the contract: repeating may not help
_REASON_MAX: Final = 200


class DeadLetters(Protocol):
    """A gauge of the dead letters that exist."""

    def set(self, value: float) -> None:
        """The new number."""


class Sweeper:
    """Looks every `period_s`; goes on without a pause while there is a full batch to finish."""

    def __init__(
        self,
        saga: Saga,
        log: Log,
        dead_letters: DeadLetters,
        period_s: float = PERIOD_S,
        *,
        guards: Guards | None = None,
    ) -> None:
        self._saga, self._log, self._period_s = saga, log, period_s
        self._dead_letters = dead_letters
        self._guards = guards or Guards(log)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop looking; the leases that are held run out."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep_once(self) -> int:
        """Lease one batch and finish what can be finished; returns how many were leased.

        As many as the breakers let through: one while a breaker is half-open, none while open.
        """
        with ExitStack() as stack:
            leaves = self._claim_leaves(stack)
            if not leaves:
                return 0
            found = await self._saga.store.sweep(len(leaves))
            finishing = map(self._finish, found, leaves)
            ended = await asyncio.gather(*finishing)
        if found:
            self._log.event("sweeper", name="payments", found=len(found), finished=sum(ended))
            self._guards.absorbed("sweeper", sum(ended))
        return len(found)

    def _claim_leaves(self, stack: ExitStack) -> list[Leave]:
        leaves: list[Leave] = []
        deadline_s = time.monotonic() + ANSWER_S
        with contextlib.suppress(BreakerOpenError):
            while len(leaves) < BATCH:
                leaves.append(stack.enter_context(self._saga.leave(deadline_s)))
        return leaves

    async def _run(self) -> None:
        """Until `stop`."""
        found = 0
        while True:
            if found < BATCH:
                await asyncio.sleep(self._period_s)
            found = 0
            try:
                found = await self.sweep_once()
                self._dead_letters.set(await self._saga.store.dead_letters())
            except DatabaseError as error:
                self._log.event("sweep-failed", level="warning", error=str(error))
            except Exception as error:  # noqa: BLE001  # a process's edge: the next round may work
                self._log.event("sweep-failed", level="error", error=repr(error))

    async def _finish(self, payment: Payment, leave: Leave) -> bool:
        CURRENT.set(trace_of(None, payment.key))
        deadlines.CURRENT_S.set(leave.bank.deadline_s)
        try:
            ended = await self._saga.finish(payment, leave)
        except (StepError, DatabaseError) as error:
            self._log.event("unfinished", level="warning", error=str(error))
            weight = CONTRACT_WEIGHT if isinstance(error, ContractError) else WEIGHT
            await self._count(payment, weight, str(error))
        except Exception as error:  # noqa: BLE001  # ours: it must not end the others' repair
            self._log.event("unfinished", level="error", error=repr(error))
            await self._count(payment, CONTRACT_WEIGHT, repr(error))
        else:
            return ended.final
        return False

    async def _count(self, payment: Payment, weight: int, reason: str) -> None:
        deadlines.CURRENT_S.set(deadlines.NEVER_S)
        try:
            counted = await self._saga.store.fail(payment, weight, reason[:_REASON_MAX])
        except DatabaseError as error:
            self._log.event("unfinished", level="warning", error=str(error))
            return
        if counted.status == "dead_letter":
            self._log.event(
                "dead_letter",
                name="payments",
                level="error",
                key=payment.key,
                payment_id=payment.payment_id,
                reason=counted.reason,
            )
