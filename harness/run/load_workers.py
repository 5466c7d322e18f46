"""Load workers that run in the target, beside the system: asked for, started, removed."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, HarnessError
from harness.load.check import Build
from harness.load.scenario import scenario_path
from harness.run.order import LOCAL, Order
from harness.run.signals import interruptible
from harness.safety.state import State
from harness.safety.undo import Undo, UndoLog
from harness.store import RunFolder
from harness.targets.base import Remembers, Target, able
from harness.targets.cluster_abilities import REMOVE_WORKERS, HostsLoad, WorkersAsked
from harness.targets.registry import target_type, word_of

MASTER_PORT: Final = 5557  # Locust's own
# Beside the load itself: starts, the wait for the zero, and the last records.
SPARE_S: Final = 120.0
REMOVE_LIMIT_S: Final = 8.0
_LOOK_AGAIN_S: Final = 0.2
_RESOURCE: Final = "load"


def with_master(order: Order) -> Order:
    """The order with the address of its master, and its workers checked. Raises ConfigError."""
    if order.locust.load == LOCAL:
        return order
    kind = target_type(order.target)
    if not issubclass(kind, HostsLoad):
        text = f"--load {order.locust.load}: the target {order.target} runs no load workers"
        raise ConfigError(f"{text}; leave it out, or choose a target that does (kubernetes)")
    _refuse_closed_loop(order)
    at = order.locust.workers_at or f"{kind.master_host(order.system)}:{MASTER_PORT}"
    found = replace(order, locust=replace(order.locust, workers_at=at))
    planned_workers(found)
    return found


def _refuse_closed_loop(order: Order) -> None:
    """Users that decide when they send cannot share a schedule."""
    beside = order.experiment.path.parent
    built = Build(order.scenario, order.experiment.terms.phases.load_s, beside)
    if not built.data().open_loop:
        text = f"--load {order.locust.load}: the scenario {order.scenario} has no curve"
        raise ConfigError(
            f"{text}: a closed loop runs in one process; leave it out, or add a curve"
        )


def planned_workers(order: Order) -> list[dict[str, Any]]:
    """The objects of the workers that this order asks for; none where they run here."""
    kind = target_type(order.target)
    if order.locust.load == LOCAL or not issubclass(kind, HostsLoad):
        return []
    return kind.worker_objects(order.system, order.deployment_path, _asked(order))


def start_workers(
    order: Order, target: Target, stack: ExitStack, folder: RunFolder, state: State
) -> str:
    """Start them; the URL that they send to. The stack removes them. Raises TargetError."""
    host, undo = able(target, HostsLoad), UndoLog(state.undo)
    data = target.undo_data() if isinstance(target, Remembers) else {}
    how = Undo(
        target=word_of(target),
        action=REMOVE_WORKERS,
        resource=_RESOURCE,
        data={**data, "resource": _RESOURCE},
    )
    record = undo.load_begins(how)

    def remove() -> None:
        _keep_logs(host, folder)
        if _removed(target, how):
            undo.undone(record)

    stack.callback(remove)
    with interruptible():
        host.run_workers(_asked(order))
    return host.load_entry()


def _removed(target: Target, how: Undo) -> bool:
    """Whether nothing of them is left in time; what is left stays noted, for healing."""
    ends = time.monotonic() + REMOVE_LIMIT_S
    with suppress(HarnessError):
        target.undo(how.action, how.data)
        while not (gone := target.undone(how.action, how.data).holds):
            if time.monotonic() >= ends:
                break
            time.sleep(_LOOK_AGAIN_S)
        return gone
    return False


def _keep_logs(host: HostsLoad, folder: RunFolder) -> None:
    with suppress(HarnessError, OSError):
        for name, text in host.worker_logs().items():
            folder.log(Path(name).name).write_bytes(text)


def _asked(order: Order) -> WorkersAsked:
    phases = order.experiment.terms.phases
    return WorkersAsked(
        count=order.workers,
        scenario=scenario_path(order.scenario, order.experiment.path.parent),
        master=order.locust.workers_at,
        limit_s=phases.load_s + phases.drain_s + SPARE_S,
    )
