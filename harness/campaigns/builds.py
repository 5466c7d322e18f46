"""The build of another commit or folder as an arm: its files, and how its services are started."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Final

from harness.campaigns.records import BASELINE, Arm
from harness.errors import ConfigError
from harness.files.document import plain
from harness.files.whole_file import write_whole
from harness.files.yaml_file import checked_root, dump_document, read_document
from harness.safety.tied import tie

LIMIT_S: Final = 60.0
_SHORT: Final = 12
_MOST_BYTES: Final = 1 << 30
# Python leaves out the current folder with -I, so the module would come from this installation.
_RUN_FROM: Final = (
    "import runpy, sys; sys.path.insert(0, {folder!r}); "
    "sys.argv[:] = {arguments!r}; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
)


def checked_out(top: Path, ref: str, builds: Path) -> Path:
    """The files of a commit in a folder of their own below `builds`. Raises ConfigError."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    commit = _git(top, words).decode().strip()
    folder = builds / commit[:_SHORT]
    if folder.is_dir():
        return folder
    archive = _git(top, ("archive", "--format=tar", commit))
    if len(archive) > _MOST_BYTES:
        raise ConfigError(f"--baseline {ref}: more than {_MOST_BYTES >> 20} MB of files")
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(part, filter="data")
    return part.rename(folder)


def top_of(path: Path) -> Path:
    """The top of the git repository that holds it. Raises ConfigError."""
    return Path(_git(path.absolute().parent, ("rev-parse", "--show-toplevel")).decode().strip())


def arm_of(build: Path, candidate: Arm, top: Path, place: Path) -> Arm:
    """The same system file and deployment in another folder. Raises ConfigError.

    `place` is where the deployment is written with modules that come from the build.
    """
    system = build / _inside(Path(candidate.system), top)
    if not system.is_file():
        raise ConfigError("is not in the baseline", file=system)
    own = Path(candidate.deployment) if candidate.deployment else None
    deployment = system if own is None else build / _inside(own, top)
    values: dict[str, Any] = plain(checked_root(read_document(deployment)))
    for service in values.get("services", []):
        if "command" in service:
            service["command"] = from_build(tuple(map(str, service["command"])), build)
    place.mkdir(parents=True, exist_ok=True)
    written = place / ("system.yaml" if own is None else "deployment.yaml")
    if own is None:
        written = system.with_name("squall-baseline.yaml")  # commands start in its folder
        system = written
    write_whole(written, dump_document(values))
    return Arm(
        name=BASELINE,
        system=str(system),
        deployment="" if own is None else str(written),
        target=candidate.target,
        place=candidate.place,
        changes=candidate.changes,
    )


def from_build(command: tuple[str, ...], build: Path) -> list[str]:
    """A command that loads its Python module from the build, if the module is there."""
    if "-m" not in command or command[0] != "{python}":
        return list(command)
    at = command.index("-m")
    module, rest = command[at + 1], command[at + 2 :]
    if not (build / module.split(".")[0]).exists():
        return list(command)
    code = _RUN_FROM.format(folder=str(build), module=module, arguments=[module, *rest])
    return [*command[:at], "-c", code]


def _inside(path: Path, top: Path) -> Path:
    try:
        return path.resolve().relative_to(top.resolve())
    except ValueError:
        text = f"is not in the repository {top}, so it has no counterpart in the baseline"
        raise ConfigError(text, file=path) from None


def _git(folder: Path, words: tuple[str, ...]) -> bytes:
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
            preexec_fn=tie(),  # one thread here
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"git {words[0]}: {error}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or "not a commit of this repository"
        raise ConfigError(f"git {words[0]}: {said}")
    return done.stdout
