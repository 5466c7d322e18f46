"""What is known of the arrivals of a load worker that did not come to its end."""

from __future__ import annotations

from harness.load.records import RECORD_BYTES, unpack, whole_bytes
from harness.store import LoadDone, LoadReady, RunFolder, read_json, write_json


def death_of(worker: int, *, recorded: int, share: int, attempts: int) -> LoadDone:
    """`recorded` of the `share` arrivals of the worker have a record."""
    text = f"it died: {recorded} of its {share} arrivals are recorded, {share - recorded} are not"
    return LoadDone(worker=worker, started=recorded, attempts=attempts, died=text)


def tell_death(folder: RunFolder, worker: int) -> None:
    """Count the records of a worker that was ready and wrote no end. Raises OSError."""
    if not folder.ready(worker).exists() or folder.done(worker).exists():
        return
    share = read_json(folder.ready(worker), LoadReady).arrivals
    raw = folder.attempts(worker).read_bytes()
    raw = raw[: whole_bytes(raw)]
    places = range(0, len(raw), RECORD_BYTES)
    intents = {unpack(raw[at : at + RECORD_BYTES]).intent for at in places}
    told = death_of(worker, recorded=len(intents), share=share, attempts=len(places))
    write_json(folder.done(worker), told)
