"""Fetches what the system says of itself into the run: each source of the system file, as is.

An answer of type `text/csv` is kept as CSV, any other as NDJSON (harness/rows.py).
"""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.system import EvidenceSource, System
from harness.targets.base import InstanceStatus, Target
from harness.timeline import Timeline

TIMEOUT_S: Final = 20.0
MAX_AT_ONCE: Final = 8
MAX_BYTES: Final = 4_000_000_000
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What goes where, and whether anybody still waits for it."""

    source: EvidenceSource
    folder: Path
    given_up: threading.Event


def fetch_all(system: System, target: Target, folder: Path, timeline: Timeline) -> tuple[str, ...]:
    """Write `<folder>/<source>.<form>` for each source; returns what could not be had, and why.

    All sources are fetched at once, each of a service's from another of its instances first. A
    source that fails leaves no file: the judge then says that evidence is missing.
    """
    ready = tuple(i for i in target.instances() if i.state == "ready")
    missing = []
    for source, why in zip(system.evidence, _fetched(system, ready, folder), strict=True):
        if why:
            missing.append(f"{source.name}: {why}")
        timeline.tell("run", "evidence", source.name, source.service, missing=why or None)
    return tuple(missing)


def _fetched(system: System, ready: tuple[InstanceStatus, ...], folder: Path) -> list[str]:
    """Why each source could not be had, in their order; nothing where it was."""
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


def _fetch_from_any(order: _Order, ready: tuple[InstanceStatus, ...], turn: int) -> str:
    """Why no instance could be asked, or nothing. `turn` chooses who is asked first."""
    why = f"no instance of {order.source.service} is ready"
    able = [instance for instance in ready if instance.service == order.source.service]
    turn %= max(len(able), 1)
    for instance in able[turn:] + able[:turn]:
        try:
            _fetch(instance.address, order)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"{instance.name}: {error or type(error).__name__}"
        else:
            return ""
    return why


def _fetch(address: str, order: _Order) -> None:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", order.source.path)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"answered {answer.status}")
        form = "csv" if answer.headers.get_content_type() == "text/csv" else "ndjson"
        path = order.folder / f"{order.source.name}.{form}"
        try:
            _copy(answer, path, order.given_up)
        except BaseException:  # whatever it was: half an answer is none
            path.unlink(missing_ok=True)
            raise
    finally:
        connection.close()


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
