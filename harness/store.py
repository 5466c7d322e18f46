"""A stored run: names and opens its files; nothing else knows a file's name.

```
runs/<experiment>/<UTC>/
    run.json  experiment.yaml  system.yaml        what was run (Manifest)
    deployment.yaml                               how the system ran, where a file says it
    timeline.ndjson  journal.json                 what happened
    usage.json  cpu.json  machine.json            what it cost in CPU, and what others took
    load/plan.json  schedule.bin  ready-<w>.json  go.json  attempts-<w>.bin  done-<w>.json
    load/names.json                               the names of the requests, by their numbers
    load/locust_stats.csv ...                     Locust's own statistics, of the Locust driver
    load/asked.parquet                            what each intent asks (asked.csv until the end)
    load/keys.parquet                             own keys of intents (keys.ndjson until the end)
    evidence/<source>.parquet                     what the system says of itself, at the end
    evidence/<source>.ndjson|csv                  the same as it came, where it fits no table
    logs/<process>.log                            the middle of a long one is cut
    seal.json                                     bytes and SHA-256 of all of the above
    verdict.json  report.html                     judged from them, any time again
    violations.csv                                every wrong record by its name, where one is
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec

from harness.errors import StoredRunError
from harness.figure_ranges import Count, Duration, Nanoseconds, Ratio, Scale, Seed
from harness.files.every_field import missing_fields
from harness.files.undecodable import UNDECODABLE
from harness.files.whole_file import read_whole, write_whole
from harness.load.asked import ColumnType
from harness.seal import SEAL, SealCheck, check_seal, write_seal

T = TypeVar("T")
SCHEMA: Final = 6
FORMS: Final = ("ndjson", "csv")
COMPLETE: Final = "complete"
MOST_PHASES: Final = 100


class PhaseSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The actual times of a phase, in seconds since the run's zero."""

    name: str
    begin_s: Duration
    end_s: Duration


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """run.json: all that the judge must know beside the evidence itself."""

    schema: int
    experiment: str
    path: str
    scenario: str
    seed: Seed
    rate_scale: Scale
    intent_prefix: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    squall_version: str
    python: str
    cores: Scale
    started_at: str
    t0_mono_ns: Nanoseconds
    phases: Annotated[tuple[PhaseSpan, ...], msgspec.Meta(max_length=MOST_PHASES)]
    ended: str  # COMPLETE, or "early: " and why
    defect: str = ""
    again: str = ""
    system_folder: str = ""  # where own checks are found
    beside: tuple[str, ...] = ()  # further files that it was made of: deployment.yaml, objectives/*


MOST_WORKERS: Final = 1_000  # far more than `run --workers` takes


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """load/plan.json, from the harness to the generator.

    Intent `i` is named `<intent_prefix>-<i>`. Arrivals begin at the zero given in go.json; after
    `stop_s` every payer gives up. `users` and `spawn_rate` are Locust's own, of a closed loop;
    `locust_ui` is the port of Locust's web UI, 0 for none. `workers_at` is the HOST:PORT at which
    the master waits for workers that somebody else starts; empty: it starts them itself.
    """

    scenario: str
    seed: Seed
    rate_scale: Scale
    host: str
    folder: str
    intent_prefix: str
    load_s: Duration
    stop_s: Duration
    workers: Annotated[int, msgspec.Meta(ge=0, le=MOST_WORKERS)] = 1
    users: int = 1
    spawn_rate: float = 1.0
    locust_ui: int = 0
    workers_at: str = ""


class LoadReady(msgspec.Struct, frozen=True, kw_only=True):
    """load/ready-<w>.json: worker w has its schedule (worker 0 also wrote schedule.bin).

    `peak_per_s`: the most arrivals that any second of its share holds. `asked`: the columns of
    asked.csv, which worker 0 wrote; empty if the scenario declares none. `open_loop` is False where
    the users decide when they send. `clock_error_ms` bounds how far this worker's clock may be from
    worker 0's, or the master's.
    """

    worker: int
    pid: int
    arrivals: Count
    names: tuple[str, ...]
    peak_per_s: Count = 0
    asked: dict[str, ColumnType] = {}
    open_loop: bool = True
    clock_error_ms: Ratio = 0.0


class LoadGo(msgspec.Struct, frozen=True, kw_only=True):
    """load/go.json: the run's zero, on CLOCK_MONOTONIC."""

    t0_mono_ns: Nanoseconds


class LoadDone(msgspec.Struct, frozen=True, kw_only=True):
    """load/done-<w>.json: how worker w ended.

    `requests` is what Locust counted, `outside` how many of them belong to no task. `died` says why
    a worker did not come to its end by itself, and what is known of its arrivals.
    """

    worker: int
    started: Count
    attempts: Count
    requests: int | None = None
    outside: int = 0
    died: str = ""


class _Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of run.json that identifies its schema, independent of the rest."""

    schema: object = None
    squall_version: str = ""


class RunFolder:
    """The files of one run, by role."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / "run.json"
        self.experiment = root / "experiment.yaml"
        self.system = root / "system.yaml"
        self.deployment = root / "deployment.yaml"
        self.objectives = root / "objectives"
        self.timeline = root / "timeline.ndjson"
        self.journal = root / "journal.json"
        self.usage = root / "usage.json"
        self.cpu = root / "cpu.json"
        self.machine = root / "machine.json"
        self.load = root / "load"
        self.logs = root / "logs"
        self.evidence_folder = root / "evidence"
        self.seal_file = root / SEAL
        self.verdict = root / "verdict.json"
        self.report = root / "report.html"
        self.violations = root / "violations.csv"
        self.plan = self.load / "plan.json"
        self.schedule = self.load / "schedule.bin"
        self.go = self.load / "go.json"
        self.asked = self.load / "asked.parquet"
        self.asked_rows = self.load / "asked.csv"
        self.names = self.load / "names.json"
        self.keys = self.load / "keys.parquet"
        self.keys_rows = self.load / "keys.ndjson"

    @property
    def stored_deployment(self) -> Path | None:
        """The deployment file of the run; None where the system file holds everything."""
        return self.deployment if self.deployment.is_file() else None

    @property
    def slo_files(self) -> tuple[Path, ...]:
        """The SLO documents that the run is judged by, in their order."""
        return tuple(sorted(self.objectives.glob("*"))) if self.objectives.is_dir() else ()

    def create(self) -> None:
        """Make the folders. Raises OSError (no space, no permission, exists)."""
        self.root.mkdir(parents=True)
        for folder in (self.load, self.logs, self.evidence_folder):
            folder.mkdir()

    def evidence(self, source: str) -> Path:
        """Where the rows of one evidence source are kept."""
        return self.evidence_folder / f"{source}.parquet"

    def fetched(self, source: str) -> Path | None:
        """The unconverted answer of an evidence source, if it is still stored."""
        paths = (self.evidence_folder / f"{source}.{form}" for form in FORMS)
        return next((path for path in paths if path.is_file()), None)

    def log(self, process: str) -> Path:
        """Where a process's output goes."""
        return self.logs / f"{process}.log"

    def attempts(self, worker: int) -> Path:
        """Where worker w writes its attempts."""
        return self.load / f"attempts-{worker}.bin"

    def ready(self, worker: int) -> Path:
        """Where worker w says that it is ready."""
        return self.load / f"ready-{worker}.json"

    def done(self, worker: int) -> Path:
        """Where worker w says that it has ended."""
        return self.load / f"done-{worker}.json"

    def all_attempts(self) -> tuple[Path, ...]:
        """The attempts of all workers."""
        return tuple(sorted(self.load.glob("attempts-*.bin")))

    def seal(self) -> None:
        """Note the length and digest of every file: a later change shows. Raises OSError."""
        write_seal(self.root)

    def check_seal(self) -> SealCheck:
        """What differs from the seal. Raises StoredRunError (no seal), OSError."""
        return check_seal(self.root)


def read_manifest(folder: RunFolder) -> Manifest:
    """What was run. Raises StoredRunError that names the schema of an old or foreign run."""
    check_schema(folder)
    return read_json(folder.manifest, Manifest)


def check_schema(folder: RunFolder) -> None:
    """Raise StoredRunError unless it is a run of the schema that this version reads."""
    if not folder.root.is_dir():
        why = "is not a folder" if folder.root.exists() else "missing: there is no such folder"
        raise StoredRunError(f"{folder.root}: {why}")
    head = read_json(folder.manifest, _Head)
    if head.schema == SCHEMA:
        return
    reads = f"this version reads schema {SCHEMA}"
    if not isinstance(head.schema, int):
        text = f"names no schema, so the folder is not a run of Squall; {reads}"
        raise StoredRunError(f"{folder.manifest}: {text}")
    other = f"squall {head.squall_version or 'that wrote it'}"
    text = f"the run has schema {head.schema}, and {reads}; judge it with {other}"
    raise StoredRunError(f"{folder.manifest}: {text}")


def schema_of(folder: RunFolder) -> int | None:
    """The schema that a folder names, None for a foreign one. Raises StoredRunError."""
    schema = read_json(folder.manifest, _Head).schema
    return schema if isinstance(schema, int) else None


def request_names(folder: RunFolder) -> tuple[str, ...]:
    """The names of a run's requests, each at its number. Raises StoredRunError."""
    if folder.names.is_file():
        return read_json(folder.names, tuple[str, ...])
    ready = folder.ready(0)
    return read_json(ready, LoadReady).names if ready.is_file() else ()


def read_json(path: Path, kind: type[T], *, whole: bool = True) -> T:
    """A typed record from one JSON file, with all of its fields if `whole`. Raises StoredRunError.

    A verdict that is not `whole` may come from an earlier version, which told less.
    """
    try:
        raw = read_whole(path)
        record = msgspec.json.decode(raw, type=kind)
        missing = missing_fields(raw, record) if whole else ()
    except FileNotFoundError:
        text = "missing: the run was cut off, or the folder is not a run of Squall"
        raise StoredRunError(f"{path}: {text}") from None
    except (OSError, *UNDECODABLE) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoredRunError(f"{path}: unreadable: {why}") from error
    if missing:
        raise StoredRunError(f"{path}: unreadable: the field {missing[0]} is missing")
    return record


def write_json(path: Path, record: object) -> None:
    """Write whole or not at all (a reader never sees half a file). Raises OSError."""
    write_whole(path, as_json(record))


def as_json(record: object) -> bytes:
    """The stored form of a record."""
    return msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1)
