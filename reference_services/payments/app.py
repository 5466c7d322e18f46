"""Payments' composition root: which store, which edges, which failpoints; then it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from reference_services import defects
from reference_services.chassis import failpoints, service
from reference_services.chassis.database import Database
from reference_services.chassis.edge_calls import EdgeCalls
from reference_services.chassis.failpoints import NoFailpoints
from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import Log
from reference_services.chassis.metrics import EdgeMetrics, Metrics
from reference_services.chassis.pool_limits import WAIT_GUARD, PoolLimits
from reference_services.chassis.service import Endpoint, Service
from reference_services.payments import settings
from reference_services.payments.edges import Bank, HttpBank, HttpLedger, Ledger
from reference_services.payments.handlers import Handlers
from reference_services.payments.saga import Saga
from reference_services.payments.store import SCHEMA, PostgresStore, Store
from reference_services.payments.sweeper import Sweeper
from reference_services.resilience import edge
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy

Connect = Callable[[EdgePolicy, EdgeObserver], edge.Edge]
IN_FLIGHT_MAX: Final = 144  # more than the bank's edge admits could only wait, and then be late


@dataclass(frozen=True, slots=True)
class OpenEdge:
    """An edge as a part of the service: its connections are closed at the end."""

    edge: edge.Edge

    async def start(self) -> None:
        """Nothing: connections are made when they are needed."""

    async def stop(self) -> None:
        """Close all connections."""
        await self.edge.aclose()


def build(environ: Mapping[str, str], connect: Connect = edge.build) -> tuple[Service, int]:
    """Payments from its environment, and the port to listen on; `connect` makes its edges."""
    chosen = settings.read(environ)
    swaps = defects.active(chosen.defect)
    log, metrics = Log("payments", chosen.instance), Metrics()
    guards, calls = Guards(log), EdgeCalls(log)
    observer = EdgeMetrics(metrics, log, guards, calls)
    store = _store(chosen, swaps, guards)
    policies = swaps.apply("payments.policies", chosen.policies)
    connect = swaps.apply("payments.connect", connect)
    ledger_edge = connect(policies["payments>ledger"], observer)
    bank_edge = connect(policies["payments>bank"], observer)
    sound_ledger: Ledger = HttpLedger(ledger_edge, chosen.ledger_url)
    sound_bank: Bank = HttpBank(bank_edge, chosen.bank_url)
    ledger = swaps.apply("payments.ledger", sound_ledger)
    bank = swaps.apply("payments.bank", sound_bank)
    armed = failpoints.build(chosen.failpoints, log)
    saga = swaps.apply(
        "payments.saga", Saga(store=store, ledger=ledger, bank=bank, failpoints=armed)
    )
    repair = replace(saga, failpoints=NoFailpoints())
    sound = Handlers(store=store, saga=saga, log=log, guards=guards)
    handlers = swaps.apply("payments.handlers", sound)
    dead_letters = metrics.gauge("payments_dead_letters", "Payments given up without an end")
    sweeper = swaps.apply("payments.sweeper", Sweeper(repair, log, dead_letters, guards=guards))
    made = Service(
        name="payments",
        log=log,
        metrics=metrics,
        endpoints=(
            Endpoint(
                method="POST",
                path="/v1/payments",
                handler=handlers.create,
                in_flight_max=IN_FLIGHT_MAX,
            ),
            Endpoint(method="GET", path="/v1/payments/{key}", handler=handlers.status),
            Endpoint(method="GET", path="/evidence/payments", handler=handlers.evidence),
        ),
        parts=(calls, store, OpenEdge(ledger_edge), OpenEdge(bank_edge), sweeper),
        ready=store.ready,
    )
    return swaps.apply("payments.service", made), chosen.port


def _store(chosen: settings.Settings, swaps: defects.Swaps, guards: Guards) -> Store:
    schema = swaps.apply("payments.schema", SCHEMA)
    limits = swaps.apply("payments.pool", PoolLimits(size=chosen.pool_size))
    waited = partial(guards.absorbed, WAIT_GUARD)
    database = Database(chosen.database_url, limits, schema.migrate, waited)
    sound: Store = PostgresStore(swaps.apply("payments.database", database))
    return swaps.apply("payments.store", sound)


if __name__ == "__main__":
    service.run(build)
