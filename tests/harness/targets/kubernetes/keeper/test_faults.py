"""A keeper's faults: each ends without renewal, in its own time, and never outlives its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.errors import FaultError, UnknownResourceError
from harness.safety.lease import LEASE_S
from harness.targets.kubernetes.keeper.faults import KeptEdge, KeptFaults
from harness.targets.local.edge_owner import EdgeSeen
from harness.targets.records import EdgeFault
from tests.support.target_timeline import HeardTimeline
from tests.support.target_waiting import until_true

SLOW = EdgeFault(kind="latency", latency_ms=100)
ERRORS = EdgeFault(kind="errors", status=503)


class Owner:
    """An Envoy that does what it is told."""

    def __init__(self) -> None:
        self.on: dict[str, EdgeFault] = {}
        self.leases: list[float] = []

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        del edge
        self.on[fault.name] = fault
        self.leases.append(lease_s)

    async def clear(self, edge: str, slot: str = "") -> None:
        del edge
        for name in [slot] if slot else list(self.on):
            self.on.pop(name, None)

    async def renew(self, edge: str, slot: str, lease_s: float) -> None:
        del edge, slot
        self.leases.append(lease_s)

    async def look(self) -> dict[str, EdgeSeen]:
        return {"a>b": EdgeSeen(requests=1, faults=tuple(self.on.values()))}


def scene(play: Callable[[KeptFaults, Owner], Awaitable[None]]) -> None:
    async def whole() -> None:
        owner = Owner()
        await play(
            KeptFaults([KeptEdge("a>b", "mesh", "127.0.0.1:1", owner)], HeardTimeline()), owner
        )

    asyncio.run(whole())


def test_a_fault_that_nobody_renews_goes_by_itself() -> None:
    async def play(faults: KeptFaults, owner: Owner) -> None:
        status = await faults.fault("a>b", SLOW, 0.05)
        assert status.fault_in("latency") == SLOW
        await until_true(lambda: not owner.on)
        with pytest.raises(FaultError, match="no fault"):
            await faults.renew("a>b#latency", 1)

    scene(play)


def test_one_of_two_faults_is_renewed_the_other_goes() -> None:
    async def play(faults: KeptFaults, owner: Owner) -> None:
        await faults.fault("a>b", SLOW, 0.05)
        await faults.fault("a>b", ERRORS, 0.05)
        await faults.renew("a>b#errors", LEASE_S)
        await until_true(lambda: set(owner.on) == {"errors"})
        assert (await faults.clear("a>b")).faults == ()

    scene(play)


def test_nobody_gets_a_longer_lease_than_the_harness() -> None:
    async def play(faults: KeptFaults, owner: Owner) -> None:
        await faults.fault("a>b", SLOW, 500.0)
        await faults.renew("a>b", 500.0)
        assert owner.leases == [LEASE_S, LEASE_S]
        for endless in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(FaultError, match="lease_s"):
                await faults.fault("a>b", SLOW, endless)

    scene(play)


def test_what_the_edge_cannot_do_and_unknown_edges_are_named() -> None:
    async def play(faults: KeptFaults, owner: Owner) -> None:
        with pytest.raises(FaultError, match="blackhole"):
            await faults.fault("a>b", EdgeFault(kind="blackhole"), 1)
        with pytest.raises(UnknownResourceError, match="a>b"):
            await faults.fault("a>c", SLOW, 1)
        assert not owner.on

    scene(play)
