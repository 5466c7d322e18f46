"""The system under test as the harness knows it: a system file, parsed once into frozen records.

Templates in `command` and `env` are filled by the target when it starts an instance:
`{python}` this interpreter, `{port}` the instance's own port, `{instance}` its name, `{data}` a
folder of its own, `{edge:payments>ledger}` the address (host:port) of that edge for its caller.
Commands start in the folder of the system file; of the caller's environment they get PATH, HOME,
the locale, TMPDIR and the variables of `CHANGES`, nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from harness.files.document import Document
from harness.files.problems import Problem, raise_problems
from harness.files.record_check import problems_of, record
from harness.files.yaml_file import read_document

# Environment variables that change a system: its instances get them, and a run names them.
CHANGES: Final = ("SQUALL_DEFECT", "SQUALL_FAILPOINTS")
MAX_REPLICAS: Final = 32
Name = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z",
        description="letters, digits, _ . -",
        examples=["ledger"],
    ),
]
EdgeName = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}>[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z",
        description="write it as source>destination",
        examples=['"payments>ledger"'],
    ),
]
HttpPath = Annotated[
    str,
    Meta(
        pattern=r"\A/[!-~]{0,500}\Z", description="a path that begins with /", examples=["/ready"]
    ),
]
Word = Annotated[str, Meta(max_length=4000)]
EnvName = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,200}\Z",
        description="letters, digits and _",
        examples=["PORT"],
    ),
]
Database = Annotated[
    str,
    Meta(
        pattern=r"\A[a-z_][a-z0-9_]{0,62}\Z",
        description="small letters, digits and _",
        examples=["ledger"],
    ),
]
FileName = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,62}\Z",
        description="letters, digits, _ -",
        examples=["ledger_entries"],
    ),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class Service(_Strict, frozen=True, kw_only=True):
    """One service and how its instances start and tell their health.

    `kind` process: `command` is started once a replica. `kind` postgres: the target brings its
    own PostgreSQL with `databases`, unless `url` names one that runs already (it is not killed).
    """

    name: Name
    kind: Literal["process", "postgres"] = "process"
    replicas: Annotated[int, Meta(ge=1, le=MAX_REPLICAS, examples=[2])] = 1
    command: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    env: dict[EnvName, Word] = {}
    health: HttpPath = "/health"
    ready: HttpPath = "/ready"
    start_timeout_s: Annotated[float, Meta(gt=0, le=600, description="s", examples=[15])] = 15.0
    databases: Annotated[tuple[Database, ...], Meta(max_length=50)] = ()
    url: Annotated[str, Meta(max_length=2000)] | None = None


class Edge(_Strict, frozen=True, kw_only=True):
    """`source>destination`: one listener at which `source` reaches all instances of `destination`.

    `via` gateway or mesh: HTTP through Envoy (delay, errors, lost answers). tcp: our TCP proxy.
    `in_flight_max`: above it Envoy answers further requests with 503 Not-Processed at once.
    """

    name: EdgeName
    via: Literal["gateway", "mesh", "tcp"]
    port: Annotated[int, Meta(ge=1, le=65535, examples=[18080])] | None = None
    in_flight_max: (
        Annotated[int, Meta(ge=1, le=1_000_000, description="requests", examples=[192])] | None
    ) = None

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

    name: FileName
    service: Name
    path: HttpPath


class System(_Strict, frozen=True, kw_only=True):
    """A whole system file."""

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["shop"])]
    entry: EdgeName
    services: Annotated[tuple[Service, ...], Meta(min_length=1, max_length=50)]
    edges: Annotated[tuple[Edge, ...], Meta(min_length=1, max_length=200)]
    evidence: Annotated[tuple[EvidenceSource, ...], Meta(max_length=50)] = ()
    events: Annotated[tuple[FileName, ...], Meta(max_length=50)] = ()

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
    """The system that a file describes. Raises ConfigError with every error, its line and fix."""
    document = read_document(path)
    problems = system_problems(document)
    raise_problems(path, problems)
    return record(document.root, System)


def system_problems(document: Document) -> list[Problem]:
    """All that is wrong with a system file."""
    from harness.validation.system_check import cross_problems  # noqa: PLC0415  # it needs the records above

    own = [*document.problems, *problems_of(document.root, System)]
    return own or cross_problems(document.root, record(document.root, System))
