"""The system under test as the harness knows it, parsed once into frozen records.

The system file says what there is; a deployment file says how it runs (harness/deployment.py).

Templates in `command` and `env` are filled by the target when it starts an instance:
`{python}` this interpreter, `{port}` the instance's own port, `{instance}` its name, `{data}` a
folder of its own, `{edge:payments>ledger}` the address (host:port) of that edge for its caller.
Commands start in the folder of the system file; of the caller's environment they get PATH, HOME,
the locale, TMPDIR and the variables of `CHANGES`, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from harness.deployment import join_files, split_problems
from harness.errors import ConfigError
from harness.evidence.declared import Checks, Tables
from harness.files.document import Node
from harness.files.problems import Problem, raise_problems, raise_problems_of_both
from harness.files.record_check import problems_of, record
from harness.files.yaml_file import read_document
from harness.targets.base import Placed
from harness.targets.records import USUAL
from harness.targets.registry import target_type

# Environment variables that change a system: its instances get them, and a run names them.
CHANGES: Final = ("SQUALL_DEFECT", "SQUALL_FAILPOINTS")
MAX_REPLICAS: Final = 32
READY: Final = "/ready"  # where a service that states no other path says whether it is ready
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
Url = Annotated[
    str,
    Meta(
        pattern=r"\Ahttps?://[!-~]{1,500}\Z",
        description="a URL with http or https",
        examples=["http://127.0.0.1:9000"],
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
RateScale = Annotated[float, Meta(ge=0.01, le=100, examples=[0.5])]
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
    `ready` answers 2xx while an instance is ready; without it a started service is asked at /ready
    and an attached one by its port. `urls`: the instances of a service that runs already.
    `options`: what only the target knows.
    """

    name: Name
    kind: Literal["process", "postgres"] = "process"
    replicas: Annotated[int, Meta(ge=1, le=MAX_REPLICAS, examples=[2])] = 1
    command: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    env: dict[EnvName, Word] = {}
    health: HttpPath = "/health"
    ready: HttpPath | None = None
    start_timeout_s: Annotated[float, Meta(gt=0, le=600, description="s", examples=[15])] = 15.0
    databases: Annotated[tuple[Database, ...], Meta(max_length=50)] = ()
    url: Annotated[str, Meta(max_length=2000)] | None = None
    urls: Annotated[tuple[Url, ...], Meta(max_length=MAX_REPLICAS)] = ()
    options: dict[Name, Word] = {}

    @property
    def count(self) -> int:
        """How many instances the files name; a target may have others at any time."""
        return len(self.urls) or self.replicas


class Edge(_Strict, frozen=True, kw_only=True):
    """`source>destination`: one listener at which `source` reaches all instances of `destination`.

    `via` gateway or mesh: HTTP through Envoy (delay, errors, lost answers). tcp: our TCP proxy.
    direct: nothing is in between, so it cannot be faulted.
    `in_flight_max`: above it Envoy answers further requests with 503 Not-Processed at once.
    `options`: what only the target knows.
    """

    name: EdgeName
    via: Literal["gateway", "mesh", "tcp", "direct"] = "direct"
    port: Annotated[int, Meta(ge=1, le=65535, examples=[18080])] | None = None
    in_flight_max: (
        Annotated[int, Meta(ge=1, le=1_000_000, description="requests", examples=[192])] | None
    ) = None
    options: dict[Name, Word] = {}

    @property
    def source(self) -> str:
        """Who calls."""
        return self.name.split(">")[0]

    @property
    def destination(self) -> str:
        """The service that is called."""
        return self.name.split(">")[1]


class System(_Strict, frozen=True, kw_only=True):
    """A whole system: its file, joined with its deployment file where there is one.

    `rate_scale` multiplies the rates of every scenario, unless a command says another one.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["shop"])]
    entry: EdgeName
    services: Annotated[tuple[Service, ...], Meta(min_length=1, max_length=50)]
    edges: Annotated[tuple[Edge, ...], Meta(min_length=1, max_length=200)]
    tables: Tables = ()
    checks: Checks = ()
    events: Annotated[tuple[FileName, ...], Meta(max_length=50)] = ()
    target: Annotated[str, Meta(min_length=1, max_length=200, examples=["local"])] = USUAL
    rate_scale: RateScale = 1.0
    options: dict[Name, Word] = {}

    def scale(self, said: float | None) -> float:
        """What a scenario's rates are multiplied by: as a command says, else the deployment's."""
        return self.rate_scale if said is None else said

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
        if found.count == 1:
            return (service,)
        return tuple(f"{service}-{number}" for number in range(1, found.count + 1))


def read_system(path: Path, deployment: Path | None = None) -> System:
    """The system that the files describe. Raises ConfigError with every error, its line and fix."""
    document = read_document(path)
    if deployment is None:
        raise_problems(path, tree_problems(document.root, document.problems))
        return record(document.root, System)
    how = read_document(deployment)
    raise_problems_of_both((path, document.problems), (deployment, how.problems))
    joined = join_files(document, how)
    own, deployed = split_problems([*joined.problems] or tree_problems(joined.root))
    raise_problems_of_both((path, own), (deployment, deployed))
    return record(joined.root, System)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFiles:
    """Where a system is described; `deployment` None: the system file holds both halves.

    `target` is the one that was asked for, if any. `place` are options of the command line that
    say where the system is; the target must know each of them.
    """

    system: Path
    deployment: Path | None = None
    target: str | None = None
    place: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> System:
        """The system. Raises ConfigError with every error, its line and its fix."""
        found = read_system(self.system, self.deployment)
        if self.target not in (None, found.target):
            says = self.deployment or self.system
            text = f"--target {self.target}: {says} is for the target {found.target!r}"
            raise ConfigError(f"{text}; give the deployment file of {self.target}")
        _refuse_unknown(self.place, found.target)
        return msgspec.structs.replace(found, options={**found.options, **self.place})


def _refuse_unknown(place: Mapping[str, str], target: str) -> None:
    kind = target_type(target)
    known = kind.place_options() if issubclass(kind, Placed) else ()
    for name in place:
        if name not in known:
            says = ", ".join(f"--{one}" for one in known) or "no option of this kind"
            raise ConfigError(f"--{name}: the target {target!r} takes {says}; remove --{name}")


def system_files(
    system: Path,
    deployment: Path | None,
    target: str | None,
    place: Mapping[str, str] | None = None,
) -> SystemFiles:
    """The files that a person has chosen: a deployment file, or a target that has one."""
    chosen = deployment or usual_deployment(system, target or USUAL)
    if chosen is None and target is None:
        chosen = only_deployment(system)
    return SystemFiles(system=system, deployment=chosen, target=target, place=place or {})


def only_deployment(system: Path) -> Path | None:
    """The deployment file in `deploy/` beside the system file, where it is the only one."""
    found = sorted((system.absolute().parent / "deploy").glob("*.yaml"))
    return found[0] if len(found) == 1 else None


def usual_deployment(system: Path, target: str) -> Path | None:
    """The deployment file that goes with a system file: `deploy/<target>.yaml` beside or above it.

    None where there is none: then the system file holds both halves.
    """
    folder = system.absolute().parent
    paths = (place / "deploy" / f"{target}.yaml" for place in (folder, folder.parent))
    return next((path for path in paths if path.is_file()), None)


def tree_problems(root: Node, before: Sequence[Problem] = ()) -> list[Problem]:
    """All that is wrong with the values of a system; `before`: what was found at parsing."""
    from harness.validation.system_check import cross_problems  # noqa: PLC0415  # it needs the records above

    own = [*before, *problems_of(root, System)]
    return own or cross_problems(root, record(root, System))
