"""A cut is proven by new connections that no longer pass, and over when all of them pass."""

from __future__ import annotations

from harness.faults.cut import Cut
from harness.targets.noop import NoTarget

EDGE = "payments>ledger"


class Network(NoTarget):
    """An edge with four connections to try."""

    def __init__(self) -> None:
        self.passes, self.tried = 4, 4

    def cut_network(self, edge: str, lease_s: float) -> None:
        assert (edge, lease_s) == (EDGE, 2.0)
        self.passes = 0

    def join_network(self, edge: str) -> None:
        assert edge == EDGE
        self.passes = self.tried

    def passing(self, edge: str) -> tuple[int, int]:
        assert edge == EDGE
        return self.passes, self.tried


def test_it_is_proven_when_nothing_passes_and_undone_when_all_does() -> None:
    network, fault = Network(), Cut(edge=EDGE)
    before = fault.look(network)
    assert not fault.verify(network, before).proven
    fault.inject(network, 2.0)
    assert fault.verify(network, before).proven
    assert not fault.verify_undone(network, before, before).proven
    network.passes = 1
    assert not fault.held(network, before).proven
    assert not fault.verify_undone(network, before, before).proven
    fault.undo(network)
    assert fault.verify_undone(network, before, before).proven


def test_a_network_that_was_down_before_proves_nothing() -> None:
    network, fault = Network(), Cut(edge=EDGE)
    network.passes = 0
    before = fault.look(network)
    assert not fault.verify(network, before).proven


def test_connections_that_were_not_tried_prove_nothing() -> None:
    network, fault = Network(), Cut(edge=EDGE)
    before = fault.look(network)
    network.passes = network.tried = 0
    assert not fault.verify(network, before).proven
    assert not fault.verify_undone(network, before, before).proven
