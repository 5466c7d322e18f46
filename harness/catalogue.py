"""What a checkout offers: experiments by name, and the runs that were stored."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.documents import nearest
from harness.errors import ConfigError, StoredRunError
from harness.store import Manifest, RunFolder, read_json


class StoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """One stored run in a list. `verdict` is "cut off" for a run that was never sealed."""

    path: str
    experiment: str
    started_at: str
    seed: int | None
    verdict: str


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    verdict: str


def experiment_path(root: Path, name: str) -> Path:
    """The file of an experiment given by name (`bank-slow`) or by path. Raises ConfigError."""
    as_path = Path(name)
    if as_path.suffix in (".yaml", ".yml") or "/" in name:
        return as_path / "experiment.yaml" if as_path.is_dir() else as_path
    known = experiment_names(root)
    if name not in known:
        raise ConfigError(f"no experiment {name!r}; {nearest(name, known)}")
    return root / "experiments" / name / "experiment.yaml"


def experiment_names(root: Path) -> list[str]:
    """All experiments of a checkout."""
    return sorted(path.parent.name for path in root.glob("experiments/*/experiment.yaml"))


def stored_runs(runs_dir: Path) -> tuple[StoredRun, ...]:
    """All runs below a folder, oldest first."""
    folders = [RunFolder(path.parent) for path in sorted(runs_dir.glob("*/*/timeline.ndjson"))]
    return tuple(sorted(map(_listed, folders), key=lambda run: run.started_at))


def _listed(folder: RunFolder) -> StoredRun:
    try:
        manifest = read_json(folder.manifest, Manifest)
        verdict = read_json(folder.verdict, _Verdict).verdict
    except StoredRunError:
        return StoredRun(
            path=str(folder.root),
            experiment=folder.root.parent.name,
            started_at=folder.root.name,
            seed=None,
            verdict="cut off",
        )
    return StoredRun(
        path=str(folder.root),
        experiment=manifest.experiment,
        started_at=manifest.started_at,
        seed=manifest.seed,
        verdict=verdict,
    )
