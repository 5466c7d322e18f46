"""Fetches what the system says of itself into the run: each source of the system file, as is.

An answer of type `text/csv` is kept as CSV, any other as NDJSON (harness/evidence/schema.py).

One state of the whole system: a source may send the header `Evidence-Version`, read before its
first row and different after every change of its rows. When all sources were fetched, each version
is asked for again (HEAD). If none has changed, every table is the state of that same moment. Else
all is fetched again, a few times; a source that still changes is missing evidence. The timeline
says of each source whether its rows are `one state`, or that the source does not say so.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.store import FORMS
from harness.system import EvidenceSource, System
from harness.targets.base import Instances
from harness.targets.records import InstanceStatus
from harness.timeline import Timeline

TIMEOUT_S: Final = 20.0
MAX_AT_ONCE: Final = 8
MAX_BYTES: Final = 4_000_000_000
ROUNDS: Final = 4  # a system that is still finishing its last requests gets this many
PAUSE_S: Final = 0.5
VERSION: Final = "Evidence-Version"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What goes where, and whether anybody still waits for it."""

    source: EvidenceSource
    folder: Path
    given_up: threading.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """What came of one source: why it could not be had, or where from and in which version."""

    why: str = ""
    address: str = ""
    version: str = ""


def fetch_all(
    system: System, target: Instances, folder: Path, timeline: Timeline
) -> tuple[str, ...]:
    """Write `<folder>/<source>.<form>` for each source; returns what could not be had, and why.

    All sources are fetched at once, each of a service's from another of its instances first. A
    source that fails, or changes while the others are read, leaves no file: the judge then says
    that evidence is missing.
    """
    ready = tuple(i for i in target.instances() if i.state == "ready")
    missing = []
    for source, got in zip(system.evidence, _of_one_state(system, ready, folder), strict=True):
        if got.why:
            missing.append(f"{source.name}: {got.why}")
            _forget(source, folder)
        state = None if got.why else "one state" if got.version else "not stated"
        timeline.tell(
            "run", "evidence", source.name, source.service, missing=got.why or None, state=state
        )
    return tuple(missing)


def _of_one_state(system: System, ready: tuple[InstanceStatus, ...], folder: Path) -> list[_Got]:
    for attempt in range(ROUNDS):
        if attempt:
            time.sleep(PAUSE_S)
        found = _fetched(system, ready, folder)
        now = [_unchanged(s, got) for s, got in zip(system.evidence, found, strict=True)]
        if all(a.why == b.why for a, b in zip(found, now, strict=True)):
            break
    return now


def _unchanged(source: EvidenceSource, got: _Got) -> _Got:
    """The same if the source still has that version, or states none; else why not."""
    if got.why or not got.version:
        return got
    try:
        version = _version(got.address, source.path)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return replace(got, why=f"its version cannot be read again: {error}")
    if version != got.version:
        return replace(got, why="it changed while the evidence was read")
    return got


def _version(address: str, path: str) -> str:
    with _asked("HEAD", address, path) as answer:
        return answer.headers.get(VERSION, "")


def _forget(source: EvidenceSource, folder: Path) -> None:
    for form in FORMS:
        (folder / f"{source.name}.{form}").unlink(missing_ok=True)


def _fetched(system: System, ready: tuple[InstanceStatus, ...], folder: Path) -> list[_Got]:
    """What came of each source, in their order."""
    turns, given_up = Counter[str](), threading.Event()
    with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
        answers = []
        for source in system.evidence:
            order = _Order(source=source, folder=folder, given_up=given_up)
            answers.append(pool.submit(_fetch_from_any, order, ready, turns[source.service]))
            turns[source.service] += 1
        try:
            return [answer.result() for answer in answers]
        except BaseException:  # whatever it was: a stop does not wait for a long answer
            given_up.set()
            raise


def _fetch_from_any(order: _Order, ready: tuple[InstanceStatus, ...], turn: int) -> _Got:
    """Ask one instance after the other until one answers. `turn` chooses the first."""
    why = f"no instance of {order.source.service} is ready"
    able = [instance for instance in ready if instance.service == order.source.service]
    turn %= max(len(able), 1)
    for instance in able[turn:] + able[:turn]:
        try:
            version = _fetch(instance.address, order)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"{instance.name}: {error or type(error).__name__}"
        else:
            return _Got(address=instance.address, version=version)
    return _Got(why=why)


@contextmanager
def _asked(method: str, address: str, path: str) -> Iterator[http.client.HTTPResponse]:
    """The answer, if it is 200."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_S)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"answered {answer.status}")
        yield answer
    finally:
        connection.close()


def _fetch(address: str, order: _Order) -> str:
    """Write the rows; returns the version that the source stated before them, or ""."""
    with _asked("GET", address, order.source.path) as answer:
        form = "csv" if answer.headers.get_content_type() == "text/csv" else "ndjson"
        path = order.folder / f"{order.source.name}.{form}"
        try:
            _copy(answer, path, order.given_up)
        except BaseException:  # any error: half an answer is not kept
            path.unlink(missing_ok=True)
            raise
        return answer.headers.get(VERSION, "")


def _copy(answer: http.client.HTTPResponse, path: Path, given_up: threading.Event) -> None:
    total = 0
    with path.open("wb") as out:
        while chunk := answer.read(_CHUNK):
            total += len(chunk)
            if total > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
            if given_up.is_set():
                raise ValueError("given up")
            out.write(chunk)
    if answer.length:  # http.client says nothing when an answer ends before its length
        raise ValueError(f"broke off, {answer.length} bytes before its end")
