"""The state folder: where one user's running system keeps its socket, undo log and timeline.

```
$SQUALL_STATE_DIR or <tempdir>/squall-<uid>     0700, its owner's alone
    target            the target that the system was started with (harness/targets/registry.py)
    watch.json        the watch that takes marks now (harness/run/marking.py)
    target.sock       the supervisor's control socket
    undo.ndjson       what must be undone (harness/safety/undo.py)
    timeline.ndjson   only while `services up` holds the system; a run keeps its own
    services/         logs and data of the system that `services up` holds
<tempdir>/squall.lock                           one a machine (harness/safety/lock.py)
```
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import RefusedError

STATE_DIR_VARIABLE: Final = "SQUALL_STATE_DIR"
# sockaddr_un.sun_path holds 108 bytes, one of them the closing zero.
_MAX_SOCKET_PATH_BYTES: Final = 107
_LONGEST_SOCKET: Final = ".s.PGSQL.65535"
# PostgreSQL's configuration file and its list of socket folders give these a meaning.
_UNSAFE: Final = "'\",\\\n\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state folder, by its files' roles. Nothing is created by naming it."""

    root: Path

    @property
    def target_socket(self) -> Path:
        """The supervisor's control socket."""
        return self.root / "target.sock"

    @property
    def watch(self) -> Path:
        """Names the run of `squall watch` that takes marks now (harness/run/marking.py)."""
        return self.root / "watch.json"

    @property
    def target_word(self) -> Path:
        """Names the target of the system that is up."""
        return self.root / "target"

    @property
    def undo(self) -> Path:
        """The undo log."""
        return self.root / "undo.ndjson"

    @property
    def timeline(self) -> Path:
        """The timeline of a system that no run holds."""
        return self.root / "timeline.ndjson"

    @property
    def watchdog_log(self) -> Path:
        """What the watchdog did, if it had to do anything."""
        return self.root / "watchdog.log"


def state_folder(environ: Mapping[str, str] = os.environ) -> State:
    """The state folder of this user; it is not created."""
    chosen = environ.get(STATE_DIR_VARIABLE)
    root = Path(chosen) if chosen else Path(tempfile.gettempdir()) / f"squall-{os.getuid()}"
    return State(root=root.absolute())


def open_state(environ: Mapping[str, str] = os.environ) -> State:
    """The state folder, created if it is missing.

    Raises RefusedError if it is not a folder of ours alone: a control socket that others can
    reach would let them kill our processes.
    """
    state = state_folder(environ)
    try:
        state.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = state.root.lstat()
    except OSError as error:
        fix = f"set {STATE_DIR_VARIABLE} to a folder that you can write"
        raise RefusedError(f"{state.root}: {error.strerror}; {fix}") from error
    _refuse_foreign(state.root, found)
    _refuse_replaceable(state.root.parent)
    for problem in (long_path(state.root), unsafe_path(state.root)):
        if problem:
            raise RefusedError(f"{state.root}: {problem}; set {STATE_DIR_VARIABLE} to another path")
    return state


def long_path(root: Path) -> str:
    """Why the sockets of a state folder would have too long a path; "" if they do not."""
    size = len(os.fsencode(root / _LONGEST_SOCKET))
    if size <= _MAX_SOCKET_PATH_BYTES:
        return ""
    allowed = f"{_MAX_SOCKET_PATH_BYTES} or shorter is allowed"
    return f"socket paths in it have up to {size} bytes; {allowed}"


def unsafe_path(root: Path) -> str:
    """The characters of a state folder's path that PostgreSQL cannot use; "" if there are none."""
    bad = sorted({letter for letter in str(root) if letter in _UNSAFE})
    return f"PostgreSQL cannot use a path with {', '.join(map(repr, bad))}" if bad else ""


def lock_path() -> Path:
    """The machine-wide lock file."""
    return Path(tempfile.gettempdir()) / "squall.lock"


def _refuse_foreign(root: Path, found: os.stat_result) -> None:
    if not stat.S_ISDIR(found.st_mode):
        raise RefusedError(f"{root}: is not a folder (or is a link to one); remove it")
    if found.st_uid != os.geteuid():
        raise RefusedError(f"{root}: belongs to uid {found.st_uid}, not to you; remove it")
    if found.st_mode & 0o077:
        raise RefusedError(f"{root}: others can enter it; run `chmod 700 {root}`")


def _refuse_replaceable(parent: Path) -> None:
    """In a folder that all may write to, without the sticky bit, others could put theirs there."""
    found = parent.stat()
    if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
        mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
        fix = f"run `chmod go-w {parent}`, or set {STATE_DIR_VARIABLE} to a folder elsewhere"
        raise RefusedError(f"{parent}: others can replace the state folder in it ({mode}); {fix}")
