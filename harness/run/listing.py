"""What a checkout offers: experiments by name, and stored runs by path or as `latest`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from harness.errors import ConfigError, StoredRunError
from harness.files.problems import nearest
from harness.store import SCHEMA, RunFolder, read_json, read_manifest, schema_of

LATEST: Final = "latest"
_FORMS: Final = (".yaml", ".yml", ".json")


class ListedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One stored run in a list.

    `verdict` is "cut off" for a run that was never sealed, and names the schema of one that this
    version does not read.
    """

    path: str
    experiment: str
    started_at: str
    seed: int | None
    verdict: str


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    verdict: str


def experiment_path(root: Path, name: str) -> Path:
    """The file of an experiment given by name (`bank-slow`) or by path. Raises ConfigError."""
    known = experiment_names(root)
    as_path = Path(name)
    if name not in known and (as_path.suffix in _FORMS or "/" in name or as_path.exists()):
        return as_path / "experiment.yaml" if as_path.is_dir() else as_path
    if name not in known:
        raise ConfigError(f"no experiment {name!r}; {nearest(name, known)}")
    return root / "experiments" / name / "experiment.yaml"


def experiment_names(root: Path) -> list[str]:
    """All experiments of a checkout."""
    return sorted(path.parent.name for path in root.glob("experiments/*/experiment.yaml"))


def stored_runs(runs_dir: Path) -> tuple[ListedRun, ...]:
    """All runs below a folder, newest first."""
    folders = [RunFolder(path.parent) for path in sorted(runs_dir.glob("*/*/timeline.ndjson"))]
    return tuple(sorted(map(_listed, folders), key=lambda run: _stamp(run.path), reverse=True))


def chosen_runs(
    runs_dir: Path, *, experiment: str = "", verdict: str = "", limit: int | None = None
) -> tuple[ListedRun, ...]:
    """The newest runs of one experiment or of all, with one verdict or any.

    Raises ConfigError where runs are stored, but none of that experiment.
    """
    runs = stored_runs(runs_dir)
    known = {run.experiment for run in runs}
    if experiment and runs and experiment not in known:
        raise ConfigError(f"no stored run of {experiment[:100]!r}; {nearest(experiment, known)}")
    found = [run for run in runs if experiment in ("", run.experiment)]
    found = [run for run in found if not verdict or run.verdict == verdict]
    return tuple(found[:limit])


def run_path(word: str, runs_dir: Path) -> Path:
    """The folder of a run: a path, `latest`, or `EXPERIMENT/latest`. Raises ConfigError."""
    experiment, _, last = word.rpartition("/")
    if last != LATEST or Path(word).exists():
        return Path(word)
    found = chosen_runs(runs_dir, experiment=experiment, limit=1)
    if not found:
        raise ConfigError(f"{word[:100]}: no run is stored in {runs_dir}; `squall run` makes one")
    return Path(found[0].path)


def _stamp(path: str) -> str:
    """Runs are named by the instant of their start."""
    return Path(path).name


def _listed(folder: RunFolder) -> ListedRun:
    try:
        manifest = read_manifest(folder)
        verdict = read_json(folder.verdict, _Verdict).verdict
    except StoredRunError:
        return ListedRun(
            path=str(folder.root),
            experiment=folder.root.parent.name,
            started_at=folder.root.name,
            seed=None,
            verdict=_unread(folder),
        )
    return ListedRun(
        path=str(folder.root),
        experiment=manifest.experiment,
        started_at=manifest.started_at,
        seed=manifest.seed,
        verdict=verdict,
    )


def _unread(folder: RunFolder) -> str:
    try:
        schema = schema_of(folder)
    except StoredRunError:
        return "cut off"
    if schema is None:
        return "not a run"
    return "cut off" if schema == SCHEMA else f"schema {schema}"
