"""Changes a stored run and seals it again, as somebody would who wants another verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from harness.errors import StoredRunError
from harness.store import LoadDone, RunFolder, read_json, write_json
from reports.inputs.attempts import RECORD, Records
from reports.verdict.judge import judge

DELETED: Final = object()
Place = tuple[str | int, ...]


def copied(sealed: RunFolder, to: Path) -> RunFolder:
    shutil.copytree(sealed.root, to)
    return RunFolder(to)


def verdict_of(folder: RunFolder) -> tuple[str, str]:
    """The verdict on the folder as it is now, sealed again, and the first reason with its code."""
    folder.seal()
    try:
        card = judge(folder)
    except StoredRunError as error:
        return "refused", str(error)
    return card.verdict, f"{card.reasons[0].code}: {card.reasons[0].text}"


def put(path: Path, place: Place, value: object) -> None:
    """Change one value of a JSON file, or delete it."""
    document: Any = json.loads(path.read_text("utf-8"))
    here = document
    for step in place[:-1]:
        here = here[step]
    if value is DELETED:
        del here[place[-1]]
    else:
        here[place[-1]] = value
    path.write_text(json.dumps(document), "utf-8")


def change_attempts(folder: RunFolder, change: Callable[[Records], Records]) -> None:
    """Change the records of worker 0, and how many it says to have made."""
    path = folder.attempts(0)
    records = change(np.fromfile(path, RECORD))
    records.tofile(path)
    done = read_json(folder.done(0), LoadDone)
    write_json(folder.done(0), LoadDone(worker=0, started=done.started, attempts=len(records)))


def change_event(folder: RunFolder, kind: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change every event of that kind."""
    events = [json.loads(line) for line in folder.timeline.read_text("utf-8").splitlines()]
    for event in events:
        if event["kind"] == kind:
            change(event)
    folder.timeline.write_text("".join(f"{json.dumps(event)}\n" for event in events), "utf-8")
