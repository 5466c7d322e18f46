"""What a client and the supervisor say to each other: one JSON line each way."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.targets.records import EdgeFault, EdgeStatus, InstanceStatus

LINE_BYTES_MAX: Final = 1_048_576
Trouble = Literal["", "unknown", "fault", "target"]
Operation = Literal[
    "instances",
    "edges",
    "parts",
    "kill",
    "revive",
    "pause",
    "resume",
    "configure",
    "restore",
    "roll_out",
    "fault_edge",
    "clear_edge",
    "renew",
    "shutdown",
]


# What the parent of a supervisor says when the system is to go on without it, and the answer.
KEEP: Final = b"keep\n"
KEPT: Final = b"kept\n"


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command, and its instance or edge; `lives` are the variables of `configure`."""

    op: Operation
    resource: str = ""
    lease_s: float = 0.0
    fault: EdgeFault | None = None
    lives: tuple[dict[str, str], ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found; `trouble` says which error `error` is, "" none."""

    instances: tuple[InstanceStatus, ...] = ()
    edges: tuple[EdgeStatus, ...] = ()
    trouble: Trouble = ""
    error: str = ""


class Announcement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The supervisor's one line on stdout: the system is ready, or why it is not.

    `refused` and `config`: the machine or a file must be corrected, not the system.
    """

    ready: bool
    socket: str = ""
    entry: str = ""
    pid: int = 0
    error: str = ""
    trouble: Literal["", "refused", "config", "target"] = ""


def describe(error: TargetError) -> Answer:
    """The answer that carries an error."""
    trouble: Trouble = "target"
    if isinstance(error, UnknownResourceError):
        trouble = "unknown"
    elif isinstance(error, FaultError):
        trouble = "fault"
    return Answer(trouble=trouble, error=str(error))


def raise_trouble(answer: Answer) -> None:
    """Raise the error that an answer carries, if any."""
    kinds = {"unknown": UnknownResourceError, "fault": FaultError, "target": TargetError}
    if answer.trouble:
        raise kinds[answer.trouble](answer.error)
