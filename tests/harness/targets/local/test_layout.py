"""Ports for instances and edges, without a socket."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from harness.errors import ConfigError, RefusedError
from harness.system import Edge, Service, System, read_system
from harness.targets.local.layout import place

ROOT = Path(__file__).parents[4]


def reference_system() -> System:
    return read_system(ROOT / "reference_services" / "system.yaml", ROOT / "deploy" / "local.yaml")


class CountingPorts:
    """Gives 1, 2, 3 ...; refuses the busy ones."""

    def __init__(self, busy: tuple[int, ...] = ()) -> None:
        self._numbers, self._busy = count(1), busy

    def take(self) -> int:
        return next(self._numbers)

    def claim(self, port: int, what: str) -> int:
        if port in self._busy:
            raise RefusedError(f"port {port} ({what}) is in use")
        return port


def system(*edges: Edge, services: tuple[Service, ...]) -> System:
    return System(name="s", entry=edges[0].name, services=services, edges=edges)


def test_places_the_reference_system() -> None:
    layout = place(reference_system(), CountingPorts())
    assert len({i.port for i in layout.instances} | {e.port for e in layout.edges}) == len(
        layout.instances
    ) + len(layout.edges)
    assert layout.edge_values["edge:payer>payments"] == "127.0.0.1:18080"
    behind = {e.name: [i.name for i in e.behind] for e in layout.edges}
    assert behind["payments>ledger"] == ["ledger-1", "ledger-2"]


def test_names_a_wanted_port_that_is_busy() -> None:
    reference = reference_system()
    with pytest.raises(RefusedError, match="18080"):
        place(reference, CountingPorts(busy=(18080,)))


def test_a_database_elsewhere_keeps_its_address() -> None:
    url = "postgresql://app:secret@db.example:6000/x"
    database = Service(name="db", kind="postgres", url=url)
    layout = place(system(Edge(name="a>db", via="tcp"), services=(database,)), CountingPorts())
    assert (layout.instances[0].address, layout.instances[0].ours) == ("db.example:6000", False)


@pytest.mark.parametrize(
    ("service", "edge", "said"),
    [
        (Service(name="db", kind="postgres"), Edge(name="a>db", via="mesh"), "via tcp"),
        (Service(name="b", replicas=2), Edge(name="a>b", via="tcp"), "one instance, not to 2"),
        (Service(name="b", replicas=0), Edge(name="a>b", via="mesh"), "nothing is behind"),
        (
            Service(name="db", kind="postgres", url="mysql://x"),
            Edge(name="a>db", via="tcp"),
            "postgresql://",
        ),
    ],
)
def test_refuses_an_edge_that_cannot_be(service: Service, edge: Edge, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        place(system(edge, services=(service,)), CountingPorts())


def test_an_edge_that_nothing_may_fault_leads_straight_to_its_server() -> None:
    reference = reference_system()
    layout = place(reference, CountingPorts(), frozenset({"payments>postgres"}))
    server = next(i for i in layout.instances if i.name == "postgres")
    assert layout.edge_values["edge:ledger>postgres"] == server.address
    assert layout.edge_values["edge:payments>postgres"] != server.address
    assert "ledger>postgres" not in [e.name for e in layout.edges]
    assert "payments>ledger" in [e.name for e in layout.edges], "only TCP edges can be direct"
