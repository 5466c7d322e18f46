"""The undo log: what must be undone, on disk before it is done.

Append-only JSON lines, written by several processes (O_APPEND, one write a line):

```
{"op":"intent","id":"...","kind":"fault","resource":"payments-1","target":"local","action":"resume",
 "data":{"resource":"payments-1","identity":"7:9:0a1b"},"lease_s":2.0}          (one line)
{"op":"undone","id":"..."}
{"op":"abandoned","reason":"the harness (pid 7) died"}
```

The record of a fault is (target, action, data), and only its target knows what they mean. A line
that cannot be read is skipped, and that is safe: an intent whose write did not succeed was never
followed by its fault, and an `undone` that was lost only makes a harmless undo happen twice.

Each intent names the boot it was written in (`boot`, not shown above): after a restart of the
machine other processes have the old pids, so records of processes come back without pid.
"""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from harness.errors import FaultError, RefusedError
from harness.safety.private_file import append_private, read_private

UndoKind = Literal["fault", "load", "process", "run", "folder"]
REPLAYED: Final = ("fault", "load")  # the kinds that their target undoes
_ID_BYTES: Final = 8


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """How a fault is undone: `target` (its word in the registry) replays `action` with `data`.

    `resource` says to a person what is faulted.
    """

    target: str
    action: str
    resource: str
    data: dict[str, str] = {}


class UndoRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to undo. `pid` and `started_ticks` are 0 if it is not a process.

    `fault` is the name of the fault in the timeline, for the event of its undo.

    kind         resource             undone when
    fault        what is faulted      its target says so: (target, action, data)
    load         load workers         the same: they run in the target
    process      what the process is  it has ended
    run          the run's folder     no process bears its `mark`, its data is removed
    folder       the run's folder     it was sealed, or its half-written files are removed

    A `run` and its `folder` are noted before the first process is forked.
    """

    id: str
    kind: UndoKind
    resource: str
    target: str = ""
    action: str = ""
    data: dict[str, str] = {}
    pid: Annotated[int, msgspec.Meta(ge=0)] = 0
    started_ticks: Annotated[int, msgspec.Meta(ge=0)] = 0
    lease_s: float = 0.0
    fault: str = ""
    boot: str = ""
    mark: str = ""

    @property
    def does(self) -> str:
        """What is to be done, in one word: a fault's action, else the kind."""
        return self.action or self.kind


class _Intent(UndoRecord, frozen=True, kw_only=True, tag_field="op", tag="intent"):
    pass


class _Undone(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="undone"):
    id: str


class _Abandoned(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="abandoned"):
    reason: str


_Line = _Intent | _Undone | _Abandoned


class UndoLog:
    """One undo log. It is opened for every line, so that no child inherits a descriptor."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def intent(self, undo: Undo, lease_s: float, *, fault: str = "") -> str:
        """Note how a fault will be undone; on disk when this returns. Returns the record's id.

        Raises FaultError if it could not be written: then the fault must not be injected.
        """
        line = _Intent(
            id=_new_id(),
            kind="fault",
            resource=undo.resource,
            target=undo.target,
            action=undo.action,
            data=undo.data,
            lease_s=lease_s,
            fault=fault,
            boot=_boot_id(),
        )
        self._append(line, sync=True)
        return line.id

    def load_begins(self, undo: Undo) -> str:
        """Note load workers that a target is to run; on disk when this returns."""
        line = _Intent(
            id=_new_id(),
            kind="load",
            resource=undo.resource,
            target=undo.target,
            action=undo.action,
            data=undo.data,
            boot=_boot_id(),
        )
        self._append(line, sync=True)
        return line.id

    def run_begins(self, folder: Path, mark: str) -> str:
        """Note a run before its first process is forked; on disk when this returns."""
        line = _Intent(id=_new_id(), kind="run", resource=str(folder), mark=mark, boot=_boot_id())
        self._append(line, sync=True)
        return line.id

    def folder_begins(self, folder: Path) -> str:
        """Note a run's folder that is not sealed yet; it outlasts the run's processes."""
        line = _Intent(id=_new_id(), kind="folder", resource=str(folder), boot=_boot_id())
        self._append(line, sync=True)
        return line.id

    def process_started(self, pid: int, started_ticks: int, name: str) -> str:
        """Record a process of the run, without fsync: a machine crash ends it too."""
        line = _Intent(
            id=_new_id(),
            kind="process",
            resource=name,
            pid=pid,
            started_ticks=started_ticks,
            boot=_boot_id(),
        )
        self._append(line, sync=False)
        return line.id

    def undone(self, record_id: str) -> None:
        """Note that a record was undone (or its process ended)."""
        self._append(_Undone(id=record_id), sync=True)

    def abandoned(self, reason: str) -> None:
        """Note that the run died: the next one refuses until `squall heal` has looked."""
        self._append(_Abandoned(reason=reason), sync=True)

    def pending(self) -> tuple[UndoRecord, ...]:
        """What is still to be undone, newest first."""
        return pending(self._path)

    def clear(self) -> bool:
        """Remove the log if nothing is pending; False if something is."""
        if self.pending():
            return False
        self._path.unlink(missing_ok=True)
        return True

    def _append(self, line: _Line, *, sync: bool) -> None:
        # The leading newline keeps a line that someone tore from swallowing this one.
        raw = b"\n" + msgspec.json.encode(line) + b"\n"
        try:
            created = not self._path.exists()
            handle = append_private(self._path)
            try:
                if os.write(handle, raw) != len(raw):
                    raise FaultError(f"{self._path}: the undo log was cut off; is the disk full?")
                if sync:
                    os.fsync(handle)
            finally:
                os.close(handle)
            if sync and created:
                _sync_folder(self._path.parent)
        except OSError as error:
            text = f"{self._path}: the undo log cannot be written: {error.strerror}"
            raise FaultError(text) from error
        except RefusedError as error:
            raise FaultError(f"the undo log cannot be written: {error}") from error


def pending(path: Path) -> tuple[UndoRecord, ...]:
    """The records that are not undone yet, newest first; empty if the log does not exist.

    Raises RefusedError if the log exists and cannot be read.
    """
    lines = _read(path)
    done = {line.id for line in lines if isinstance(line, _Undone)}
    return tuple(
        _of_this_boot(line)
        for line in reversed(lines)
        if isinstance(line, _Intent) and line.id not in done
    )


def leftover(path: Path) -> str:
    """Why a new run must refuse, in words; "" when nothing was left over."""
    open_records = pending(path)
    abandoned = [line.reason for line in _read(path) if isinstance(line, _Abandoned)]
    if not open_records and not abandoned:
        return ""
    names = ", ".join(f"{r.does} {r.resource}" for r in open_records[:3])
    more = f" and {len(open_records) - 3} more" if len(open_records) > 3 else ""  # noqa: PLR2004  # as many as are named
    why = f" ({abandoned[-1]})" if abandoned else ""
    what = f"{names}{more}" if names else "nothing, but it was not looked after"
    return f"{path}: an earlier run was not cleaned up{why}; pending: {what}"


def refuse_leftover(path: Path) -> None:
    """Raise RefusedError if an earlier run left anything behind."""
    if why := leftover(path):
        raise RefusedError(f"{why}; run `squall heal`")


def _read(path: Path) -> tuple[_Line, ...]:
    decode = msgspec.json.Decoder(_Line).decode
    found: list[_Line] = []
    for line in (read_private(path) or b"").splitlines():
        try:
            found.append(decode(line))
        except msgspec.MsgspecError:  # torn, or the empty line before each
            continue
    return tuple(found)


def _of_this_boot(record: UndoRecord) -> UndoRecord:
    if record.boot in ("", _boot_id()):
        return record
    return msgspec.structs.replace(record, pid=0, started_ticks=0)


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _new_id() -> str:
    return secrets.token_hex(_ID_BYTES)
