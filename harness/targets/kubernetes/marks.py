"""How a fault marks the object that it creates or changes, so that somebody else can undo it; pure.

Label `squall.dev/owner` names the run. Annotations: `squall.dev/undo` is the merge patch that
undoes the change, or `delete` for an object that the fault has created; `squall.dev/lease-s` and
`squall.dev/deadline`, which each renewal moves. The cleaner undoes what was not renewed for its
lease: it measures that with its own monotonic clock, so that clocks need not agree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

OWNER: Final = "squall.dev/owner"
UNDO: Final = "squall.dev/undo"
LEASE: Final = "squall.dev/lease-s"
DEADLINE: Final = "squall.dev/deadline"
DELETE: Final = "delete"
# An object's lease: renewals are writes to the API server, so they are rarer than for an edge.
OBJECT_LEASE_S: Final = 8.0
MAX_LEASE_S: Final = 60.0
_NOT_IN_LABELS: Final = re.compile(r"[^A-Za-z0-9_.-]")
_LABEL_LENGTH: Final = 63
Patch = dict[str, Any]


def marked(change: Mapping[str, Any], undo: Mapping[str, Any] | str, owner: str) -> Patch:
    """The patch (or the new object) with the marks of a fault that begins now."""
    text = undo if isinstance(undo, str) else json.dumps(undo, sort_keys=True)
    labels = {OWNER: label_value(owner)}
    annotations = {UNDO: text, LEASE: f"{OBJECT_LEASE_S:g}", DEADLINE: _deadline()}
    return merged(change, {"metadata": {"labels": labels, "annotations": annotations}})


def renewed() -> Patch:
    """The patch that prolongs a fault's lease."""
    return {"metadata": {"annotations": {DEADLINE: _deadline()}}}


def undone(undo: Mapping[str, Any]) -> Patch:
    """The patch that undoes a change and takes its marks away."""
    annotations = dict.fromkeys((UNDO, LEASE, DEADLINE))
    return merged(undo, {"metadata": {"labels": {OWNER: None}, "annotations": annotations}})


def undo_of(annotations: Mapping[str, str]) -> Patch | None:
    """The patch that undoes it with its marks; None: delete it, which is also the rule in doubt."""
    try:
        undo = json.loads(annotations.get(UNDO, DELETE))
    except ValueError:
        return None
    return undone(undo) if isinstance(undo, dict) else None


def lease_of(annotations: Mapping[str, str]) -> float:
    """Seconds without renewal after which it is undone; the usual ones where they make no sense."""
    try:
        lease_s = float(annotations.get(LEASE, ""))
    except ValueError:
        return OBJECT_LEASE_S
    return lease_s if 0 < lease_s <= MAX_LEASE_S else OBJECT_LEASE_S


def label_value(text: str) -> str:
    """A text as a label can hold it."""
    return _NOT_IN_LABELS.sub("-", text)[-_LABEL_LENGTH:].strip("-_.") or "unknown"


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Patch:
    """Both patches as one; the other one's values win."""
    both = dict(one)
    for key, value in other.items():
        mine = both.get(key)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            both[key] = merged(mine, value)
        else:
            both[key] = value
    return both


def _deadline() -> str:
    return (datetime.now(UTC) + timedelta(seconds=OBJECT_LEASE_S)).isoformat(
        timespec="milliseconds"
    )
