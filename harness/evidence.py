"""Fetches what the system says of itself into the run: each source of the system file, as is."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Final

from harness.system import EvidenceSource, System
from harness.targets.base import Target
from harness.timeline import Timeline

TIMEOUT_S: Final = 20.0
MAX_BYTES: Final = 4_000_000_000
_CHUNK: Final = 1 << 20


def fetch_all(system: System, target: Target, folder: Path, timeline: Timeline) -> tuple[str, ...]:
    """Write `<folder>/<source>.ndjson` for each source; returns what could not be had, and why.

    A source that fails leaves no file: the judge then says that evidence is missing.
    """
    missing = []
    for source in system.evidence:
        why = _fetch_from_any(source, target, folder / f"{source.name}.ndjson")
        if why:
            missing.append(f"{source.name}: {why}")
        timeline.tell("run", "evidence", source.name, source.service, missing=why or None)
    return tuple(missing)


def _fetch_from_any(source: EvidenceSource, target: Target, path: Path) -> str:
    why = f"no instance of {source.service} is ready"
    for instance in target.instances():
        if instance.service == source.service and instance.state == "ready":
            try:
                _fetch(instance.address, source.path, path)
            except (OSError, http.client.HTTPException, ValueError) as error:
                path.unlink(missing_ok=True)
                why = f"{instance.name}: {error or type(error).__name__}"
            else:
                return ""
    return why


def _fetch(address: str, url_path: str, path: Path) -> None:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", url_path)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"answered {answer.status}")
        _copy(answer, path)
    finally:
        connection.close()


def _copy(answer: http.client.HTTPResponse, path: Path) -> None:
    total = 0
    with path.open("wb") as out:
        while chunk := answer.read(_CHUNK):
            total += len(chunk)
            if total > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
            out.write(chunk)
