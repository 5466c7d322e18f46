"""The payers' engine beside Locust: Locust's hub idles here while a native thread carries them."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections import deque
from typing import Any, Final

import gevent

from harness.load.records import ErrorClass, Outcome
from scenarios.due_arrivals import CANNOT_RECORD, end_at_once
from scenarios.load_session import Session
from scenarios.payer_host import Host
from scenarios.payer_load import CannotRecordError, PayerLoad
from scenarios.payment_payers import Answer, Request

BROKEN: Final = 70
# What the hub does takes the interpreter from the payers for no longer than this at a time.
_SWITCH_S: Final = 0.0005
_log: Final = logging.getLogger(__name__)
_Told = tuple[Request, int, Answer, Outcome]


class PaymentUnresolvedError(Exception):
    """An attempt that brought no payment, for Locust's table of failures."""


class PayerThread:
    """One process's payers, as Locust's side of the process sees them."""

    def __init__(self, session: Session, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        self.session = session
        self._fire = environment.events.request.fire
        self._page: deque[_Told] = deque()
        self._bell: Any = None
        self._load: PayerLoad | None = None

    @property
    def started(self) -> int:
        """How many arrivals were begun."""
        return 0 if self._load is None else self._load.started

    def aim(self, base_url: str) -> None:
        """Whom the payers call. Raises ValueError: not plain HTTP; OSError."""
        host = Host(base_url)
        if self._load is None:
            on_page = self._on_page if self.session.folder is None else None
            self._load = PayerLoad(self.session, host, on_page)

    def prepare(self) -> None:
        """Have everything ready that takes time."""
        sys.setswitchinterval(_SWITCH_S)
        gc.collect()
        gc.freeze()  # Locust's own objects stay; collections shall not walk them in the run

    def run(self, zero_ns: int) -> None:
        """From the zero until all is served; a payer that breaks would lose its record unseen."""
        load = self._load
        if load is None:
            end_at_once(BROKEN, "no payer was spawned")
        hub = gevent.get_hub()
        self._bell = hub.loop.async_()
        self._bell.start(self._tell_locust)
        try:
            if left := hub.threadpool.apply(load.run, (zero_ns,)):
                _log.warning(left)
        except CannotRecordError as error:
            end_at_once(CANNOT_RECORD, f"cannot record: {error}")
        except Exception as error:  # noqa: BLE001  # whatever it is, the load is not whole
            end_at_once(BROKEN, f"a payer broke: {error!r}")
        except gevent.GreenletExit:
            load.stop()
            raise
        finally:
            self._bell.stop()
            self._bell.close()

    def _on_page(self, request: Request, waited_us: int, answer: Answer, outcome: Outcome) -> None:
        """In the payers' thread."""
        self._page.append((request, waited_us, answer, outcome))
        self._bell.send()

    def _tell_locust(self) -> None:
        """Locust's own page; the harness never reads it."""
        for _ in range(len(self._page)):
            request, waited_us, answer, outcome = self._page.popleft()
            self._fire(
                request_type=request.method,
                name=request.name,
                response_time=waited_us / 1000,
                response_length=len(answer.body),
                exception=_unresolved(answer, outcome),
                context={},
                start_time=time.time() - waited_us / 1e6,
                url=request.path,
                response=None,
            )


def _unresolved(answer: Answer, outcome: Outcome) -> PaymentUnresolvedError | None:
    if answer.error is not ErrorClass.NONE:
        return PaymentUnresolvedError(answer.error.name)
    return None if outcome is Outcome.OK else PaymentUnresolvedError(f"HTTP {answer.status}")
