"""A stored run: names and opens its files; nothing else knows a file's name.

```
runs/<experiment>/<UTC>/
    run.json  experiment.yaml  system.yaml        what was run (Manifest)
    timeline.ndjson  journal.json                 what happened
    usage.json  machine.json                      what it cost in CPU, and what others took
    load/plan.json  schedule.bin  ready-<w>.json  go.json  attempts-<w>.bin  done-<w>.json
    evidence/<source>.parquet                     what the system says of itself, at the end
    evidence/<source>.ndjson|csv                  the same as it came, where it fits no table
    logs/<process>.log
    seal.json                                     bytes and SHA-256 of all of the above
    verdict.json  report.html                     judged from them, any time again
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from harness.errors import StoredRunError

T = TypeVar("T")
SCHEMA: Final = 4
FORMS: Final = ("ndjson", "csv")
_DIGESTS_AT_ONCE: Final = 4
_JUDGED: Final = ("verdict.json", "report.html", "seal.json")


class PhaseSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One phase as it was lived, in seconds since the run's zero."""

    name: str
    begin_s: float
    end_s: float


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """run.json: all that the judge must know beside the evidence itself."""

    schema: int
    experiment: str
    path: str
    scenario: str
    seed: int
    rate_scale: float
    intent_prefix: str
    squall_version: str
    python: str
    cores: int
    started_at: str
    t0_mono_ns: int
    phases: tuple[PhaseSpan, ...]
    ended: str
    defect: str = ""
    again: str = ""


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """load/plan.json, from the harness to the generator.

    Intent `i` is named `<intent_prefix>-<i>`. Arrivals begin at the zero given in go.json; after
    `stop_s` every payer gives up.
    """

    scenario: str
    seed: int
    rate_scale: float
    host: str
    folder: str
    intent_prefix: str
    load_s: float
    stop_s: float
    workers: int = 1


class LoadReady(msgspec.Struct, frozen=True, kw_only=True):
    """load/ready-<w>.json: worker w has its schedule (worker 0 also wrote schedule.bin).

    `peak_per_s`: the most arrivals that any second of its share holds.
    """

    worker: int
    pid: int
    arrivals: int
    names: tuple[str, ...]
    peak_per_s: int = 0


class LoadGo(msgspec.Struct, frozen=True, kw_only=True):
    """load/go.json: the run's zero, on CLOCK_MONOTONIC."""

    t0_mono_ns: int


class LoadDone(msgspec.Struct, frozen=True, kw_only=True):
    """load/done-<w>.json: worker w came to its end by itself."""

    worker: int
    started: int
    attempts: int


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    bytes: int
    sha256: str


class RunFolder:
    """The files of one run, by role."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / "run.json"
        self.experiment = root / "experiment.yaml"
        self.system = root / "system.yaml"
        self.timeline = root / "timeline.ndjson"
        self.journal = root / "journal.json"
        self.usage = root / "usage.json"
        self.machine = root / "machine.json"
        self.load = root / "load"
        self.logs = root / "logs"
        self.evidence_folder = root / "evidence"
        self.seal_file = root / "seal.json"
        self.verdict = root / "verdict.json"
        self.report = root / "report.html"
        self.plan = self.load / "plan.json"
        self.schedule = self.load / "schedule.bin"
        self.go = self.load / "go.json"

    def create(self) -> None:
        """Make the folders. Raises OSError (no space, no permission, exists)."""
        self.root.mkdir(parents=True)
        for folder in (self.load, self.logs, self.evidence_folder):
            folder.mkdir()

    def evidence(self, source: str) -> Path:
        """Where the rows of one evidence source are kept."""
        return self.evidence_folder / f"{source}.parquet"

    def fetched(self, source: str) -> Path | None:
        """The answer of one evidence source as it came, where it still is."""
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
        """Note the length and digest of every file: from now on a change shows."""
        all_paths = sorted(self.root.rglob("*"))
        paths = [path for path in all_paths if path.is_file() and path.name not in _JUDGED]
        sealed = {
            str(path.relative_to(self.root)): _Sealed(bytes=path.stat().st_size, sha256=digest)
            for path, digest in zip(paths, _digests(paths), strict=True)
        }
        write_json(self.seal_file, sealed)

    def damage(self) -> tuple[str, ...]:
        """What differs from the seal, a sentence each. Raises StoredRunError without a seal."""
        found, same = [], {}
        for name, was in read_json(self.seal_file, dict[str, _Sealed]).items():
            path = self.root / name
            if not path.is_file():
                found.append(f"{name} is missing")
            elif path.stat().st_size != was.bytes:
                found.append(f"{name} has {path.stat().st_size} bytes, not {was.bytes}")
            else:
                same[path] = was.sha256
        for (path, before), now in zip(same.items(), _digests(list(same)), strict=True):
            if now != before:
                found.append(f"{path.relative_to(self.root)} was changed after the run")
        return tuple(found)


def read_manifest(folder: RunFolder) -> Manifest:
    """What was run. Raises StoredRunError, also for a run that another squall has stored."""
    manifest = read_json(folder.manifest, Manifest)
    if manifest.schema != SCHEMA:
        text = f"schema {manifest.schema}, but this squall reads {SCHEMA}"
        raise StoredRunError(f"{folder.manifest}: {text}: judge it with {manifest.squall_version}")
    return manifest


def read_json(path: Path, kind: type[T]) -> T:
    """A typed record from one JSON file. Raises StoredRunError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise StoredRunError(f"{path}: missing; the run was cut off or is no run") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise StoredRunError(f"{path}: unreadable: {error}") from error


def write_json(path: Path, record: object) -> None:
    """Write whole or not at all (a reader never sees half a file)."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1))
    part.rename(path)


def _digests(paths: Sequence[Path]) -> list[str]:
    """Several at once: hashing a large file does not hold the interpreter."""
    with ThreadPoolExecutor(_DIGESTS_AT_ONCE) as pool:
        return list(pool.map(_digest, paths))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
