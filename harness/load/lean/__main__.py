"""The load process of a lean scenario, started by `squall run`; SQUALL_LOAD_PLAN names its plan.

With several workers it forks a child for each and waits for all of them.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from harness.errors import HarnessError
from harness.load.dead_worker import tell_death
from harness.load.generator import overload
from harness.load.header_variables import headers_from
from harness.load.lean.engine import CannotRecordError, Engine
from harness.load.lean.host import Host
from harness.load.payer import Payers
from harness.load.plan import planned
from harness.load.protocol.payers import ProtocolPayers
from harness.load.protocol.reading import (
    curve_of_description,
    is_description,
    read_description,
)
from harness.load.scenario import import_scenario, scenario_path
from harness.load.session import NeverStartedError, open_session
from harness.load.traffic import Curve
from harness.safety.tied import tie_to
from harness.store import LoadPlan, RunFolder

BROKEN: Final = 70
CANNOT_RECORD: Final = 74
NEVER_STARTED: Final = 75
_log: Final = logging.getLogger("lean")


class _Load(NamedTuple):
    """What a scenario states."""

    curve: Curve
    payers: Payers
    headers: Mapping[str, str] = {}


def main() -> int:
    """The exit code of the whole load."""
    logging.basicConfig(format="[%(asctime)s] %(process)d/%(levelname)s/%(name)s: %(message)s")
    try:
        plan = planned(os.environ)
        load = _load_of(scenario_path(plan.scenario))
    except HarnessError as error:
        return _end(NEVER_STARTED, str(error))
    except Exception as error:  # noqa: BLE001  # a user's file may raise anything
        return _end(BROKEN, f"the scenario cannot be imported: {error!r}")
    if plan.workers == 1:
        return _work(0, plan, load)
    return _conduct(plan, load)


def _conduct(plan: LoadPlan, load: _Load) -> int:
    """Wait for a child for each worker; tell which of them was killed, unless all are stopped."""
    parent, stopped = os.getpid(), list[int]()
    children = [_fork(worker, plan, load, parent) for worker in range(plan.workers)]
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))  # children end first
    codes = [_wait(child) for child in children]
    for worker, code in enumerate(codes):
        if code < 0 and not stopped:
            _log.error("load worker %s ended by signal %s", worker, -code)
            tell_death(RunFolder(Path(plan.folder)), worker)
    return max(codes)


def _load_of(path: Path) -> _Load:
    if is_description(path):
        description = read_description(path)
        return _Load(curve_of_description(description), ProtocolPayers(description))
    module = import_scenario(path)
    headers = headers_from(getattr(module, "HEADERS", {}), os.environ)
    return _Load(module.CURVE, module.PAYERS, headers)


def _fork(worker: int, plan: LoadPlan, load: _Load, parent: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    tie_to(parent)
    code = _work(worker, plan, load)
    sys.stderr.flush()
    os._exit(code)


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _work(worker: int, plan: LoadPlan, load: _Load) -> int:
    curve, payers, headers = load
    try:
        session = open_session(curve, worker, plan.workers, asks=payers.asks)
        engine = Engine(session, Host(plan.host, headers), payers)
        if said := overload(worker, session.peak_per_s):
            _log.warning(said)
        gc.collect()
        gc.freeze()
        session.ready(payers.names)
        if left := engine.run(session.zero_ns(time.sleep)):
            _log.warning(left)
        session.done(engine.started)
    except CannotRecordError as error:
        return _end(CANNOT_RECORD, f"cannot record: {error}")
    except (NeverStartedError, HarnessError, OSError, ValueError) as error:
        return _end(NEVER_STARTED, str(error))
    except Exception as error:  # noqa: BLE001  # a payer that breaks would lose its record unseen
        return _end(BROKEN, f"a payer broke: {error!r}")
    return 0


def _end(code: int, why: str) -> int:
    _log.critical("%s", why)
    return code


if __name__ == "__main__":
    sys.exit(main())
