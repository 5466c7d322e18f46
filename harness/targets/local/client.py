"""What targets with a supervisor on this machine share: the client of the supervisor's socket."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Final, Self

import msgspec

from harness.errors import TargetError
from harness.safety.state import State
from harness.targets.base import CALL_LIMIT_S, Proof, Running, UndoData, Undoes, UpPlan
from harness.targets.local.orphans import LocalOrphans
from harness.targets.local.process_name import seen_of
from harness.targets.local.protocol import Answer, Request, raise_trouble
from harness.targets.records import EdgeFault, EdgeStatus, IdentityState, InstanceStatus
from harness.targets.replay import undo_by_abilities, undone_by_abilities

DOWN_LIMIT_S: Final = 15.0
_LOOK_AGAIN_S: Final = 0.02


class SupervisedSystem:
    """Lists instances and edges, faults edges, and ends the system.

    One connection a call: safe from any thread. The supervisor gives itself less time than
    `limit_s`: normally it is the one to say that something took too long.
    """

    def __init__(self, path: Path, limit_s: float = CALL_LIMIT_S) -> None:
        self._path, self._limit_s = path, limit_s

    @classmethod
    def attach(cls, state: State, limit_s: float = CALL_LIMIT_S) -> Self:
        """The client of the supervisor of this state folder."""
        return cls(state.target_socket, limit_s)

    @classmethod
    def up(cls, plan: UpPlan) -> Running:
        """Start a supervisor that dies with this process."""
        from harness.targets.local.running import Supervisor  # noqa: PLC0415  # the watchdog imports this module

        return Supervisor.spawn(plan)

    @classmethod
    def orphaned(cls) -> Undoes:
        """Signals processes by itself."""
        return LocalOrphans()

    def undo(self, action: str, data: UndoData) -> None:
        """Let a paused process go on without the supervisor, then ask the supervisor."""
        LocalOrphans().undo(action, data)
        undo_by_abilities(self, action, data)

    def undone(self, action: str, data: UndoData) -> Proof:
        """By the kernel's word for a paused process, then by the supervisor's."""
        kernel = LocalOrphans().undone(action, data)
        return undone_by_abilities(self, action, data) if kernel.holds else kernel

    def seen(self, identity: str) -> IdentityState:
        """What that process does, by the kernel's word: the supervisor is not asked."""
        return seen_of(identity)

    def addresses(self, service: str) -> tuple[str, ...]:
        """host:port of each ready instance."""
        ready = (i for i in self.instances() if i.service == service and i.state == "ready")
        return tuple(instance.address for instance in ready)

    def instances(self) -> tuple[InstanceStatus, ...]:
        """All instances, in the order of the system file."""
        return self.ask(Request(op="instances")).instances

    def edges(self) -> tuple[EdgeStatus, ...]:
        """All edges, in the order of the system file."""
        return self.ask(Request(op="edges")).edges

    def parts(self) -> tuple[InstanceStatus, ...]:
        """What carries the edges: the Envoys and the TCP proxy. Nothing of the system itself."""
        return self.ask(Request(op="parts")).instances

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set the one fault of an edge, replacing any other."""
        request = Request(op="fault_edge", resource=edge, fault=fault, lease_s=lease_s)
        return self._edge(request)

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Take the fault away; bytes held by it go at once."""
        return self._edge(Request(op="clear_edge", resource=edge))

    def renew(self, resource: str, lease_s: float) -> None:
        """Prolong the lease of an instance's or edge's fault. Raises if it has none (any more)."""
        self.ask(Request(op="renew", resource=resource, lease_s=lease_s))

    def down(self) -> None:
        """End the whole system; returns when it is down. Raises TargetError after 15 s."""
        self.ask(Request(op="shutdown"))
        deadline = time.monotonic() + DOWN_LIMIT_S
        while self._path.exists():  # the supervisor removes it last
            if time.monotonic() > deadline:
                raise TargetError(f"{self._path}: the system is not down after {DOWN_LIMIT_S:g} s")
            time.sleep(_LOOK_AGAIN_S)

    def _edge(self, request: Request) -> EdgeStatus:
        return self.ask(request).edges[0]

    def ask(self, request: Request) -> Answer:
        """Its answer. Raises the error that it tells, TargetError where there is none."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(self._limit_s)
                line.connect(str(self._path))
                line.sendall(msgspec.json.encode(request) + b"\n")
                with line.makefile("rb") as stream:
                    answer = msgspec.json.decode(stream.readline(), type=Answer)
        except (OSError, msgspec.MsgspecError) as error:
            text = f"{request.op}: the supervisor does not answer: {error}"
            raise TargetError(f"{self._path}: {text}") from error
        raise_trouble(answer)
        return answer
