"""The system under test as the harness knows it: a system file, parsed once into frozen records.

Templates in `command`, `env` and `setup` are filled by the target when it starts an instance:
`{python}` this interpreter, `{port}` the instance's own port, `{instance}` its name, `{data}` a
folder of its own, `{edge:payments>ledger}` the address (host:port) of that edge for its caller.
Commands start in the folder of the system file; of the caller's environment they get PATH, HOME,
the locale, TMPDIR and the variables of `CHANGES`, nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec
import yaml

from harness import documents
from harness.errors import ConfigError

TEMPLATES: Final = ("python", "port", "instance", "data")
# Environment variables that change a system: its instances get them, and a run names them.
CHANGES: Final = ("SQUALL_DEFECT", "SQUALL_FAILPOINTS")


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class Service(_Strict, frozen=True, kw_only=True):
    """One service and how its instances start and tell their health.

    `kind` process: `command` is started once a replica. `kind` postgres: the target brings its
    own PostgreSQL with `databases`, unless `url` names one that runs already (it is not killed).
    """

    name: str
    kind: Literal["process", "postgres"] = "process"
    replicas: int = 1
    command: tuple[str, ...] = ()
    env: dict[str, str] = {}
    health: str = "/health"
    ready: str = "/ready"
    start_timeout_s: float = 15.0
    databases: tuple[str, ...] = ()
    url: str | None = None


class Edge(_Strict, frozen=True, kw_only=True):
    """`source>destination`: one listener at which `source` reaches all instances of `destination`.

    `via` gateway or mesh: HTTP through Envoy (delay, errors, lost answers). tcp: our TCP proxy.
    `in_flight_max`: above so many requests on its way Envoy answers 503 Not-Processed at once.
    """

    name: str
    via: Literal["gateway", "mesh", "tcp"]
    port: int | None = None
    in_flight_max: int | None = None

    @property
    def source(self) -> str:
        """Who calls."""
        return self.name.split(">")[0]

    @property
    def destination(self) -> str:
        """The service that is called."""
        return self.name.split(">")[1]


class EvidenceSource(_Strict, frozen=True, kw_only=True):
    """What is fetched at the end of a run: NDJSON of any ready instance of `service`."""

    name: str
    service: str
    path: str


class System(_Strict, frozen=True, kw_only=True):
    """A whole system file."""

    name: str
    entry: str
    services: tuple[Service, ...]
    edges: tuple[Edge, ...]
    evidence: tuple[EvidenceSource, ...] = ()
    events: tuple[str, ...] = ()

    def service(self, name: str) -> Service | None:
        """The service of that name."""
        return next((s for s in self.services if s.name == name), None)

    def edge(self, name: str) -> Edge | None:
        """The edge of that name."""
        return next((e for e in self.edges if e.name == name), None)

    def instance_names(self, service: str) -> tuple[str, ...]:
        """`ledger-1`, `ledger-2`; a service of one replica names its only instance like itself."""
        found = self.service(service)
        if found is None:
            return ()
        if found.replicas == 1:
            return (service,)
        return tuple(f"{service}-{number}" for number in range(1, found.replicas + 1))


def read_system(path: Path) -> System:
    """The system that a file describes. Raises ConfigError with file, line and mend."""
    value, node = documents.parse_tree(path)
    system = documents.convert(value, System, file=path, node=node)
    _check(system, path, node)
    return system


def _check(system: System, path: Path, node: yaml.Node) -> None:
    services = [s.name for s in system.services]
    edges = [e.name for e in system.edges]
    _unique(services, "service", path, documents.child(node, "services"))
    _unique(edges, "edge", path, documents.child(node, "edges"))
    if system.entry not in edges:
        at = documents.line_of(documents.child(node, "entry"))
        mend = documents.nearest(system.entry, edges)
        raise ConfigError(f"entry: {system.entry!r} is no edge; {mend}", file=path, line=at)
    items = documents.child(node, "edges").value
    for edge, item in zip(system.edges, items, strict=True):
        _check_edge(edge, services, path, documents.line_of(item))
    for source in system.evidence:
        if source.service not in services:
            at = documents.line_of(documents.child(node, "evidence"))
            mend = documents.nearest(source.service, services)
            raise ConfigError(f"evidence {source.name}: {mend}", file=path, line=at)


def _check_edge(edge: Edge, services: list[str], path: Path, line: int) -> None:
    if edge.name.count(">") != 1:
        text = f"edge {edge.name!r}: write it as source>destination"
        raise ConfigError(text, file=path, line=line)
    if edge.destination not in services:
        mend = documents.nearest(edge.destination, services)
        text = f"edge {edge.name!r}: no service {edge.destination!r}; {mend}"
        raise ConfigError(text, file=path, line=line)
    limit = edge.in_flight_max
    if limit is not None and (limit < 1 or edge.via == "tcp"):
        text = f"edge {edge.name!r}: in_flight_max: 1 or more, and only via gateway or mesh"
        raise ConfigError(text, file=path, line=line)


def _unique(names: list[str], what: str, path: Path, node: yaml.Node) -> None:
    for name in names:
        if names.count(name) > 1:
            text = f"{what} {name!r} stands here twice"
            raise ConfigError(text, file=path, line=documents.line_of(node))
