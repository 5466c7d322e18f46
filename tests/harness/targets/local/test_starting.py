"""How a system starts and ends: in time, in words, and without a process left."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from harness.errors import ConfigError, RefusedError, TargetError
from harness.safety.identity import is_alive
from harness.safety.undo import pending
from harness.targets.base import UpPlan
from harness.targets.local.ports import HOST
from harness.targets.local.process_name import process_of
from harness.targets.local.target import LocalTarget
from tests.support.target_system import SERVICE, system_up
from tests.support.target_waiting import until

pytestmark = pytest.mark.end_to_end
SMALL = f"""
name: small
entry: payer>one
services:
  - name: one
    command: ["{{python}}", {SERVICE}]
    env: {{PORT: "{{port}}", INSTANCE: "{{instance}}"}}
edges:
  - {{name: payer>one, via: gateway}}
"""


def test_ends_with_no_process_socket_or_data_left() -> None:
    with system_up(SMALL) as up:
        processes = (*up.target.instances(), *up.target.parts())
        up.target.down()
        assert not any(is_alive(*process_of(p.identity)) for p in processes)
        assert list(up.state.root.glob("*.sock")) == []
        assert not (up.run.root / "data").exists()
        until(lambda: [r.resource for r in pending(up.state.undo)] == ["supervisor"])
        up.supervisor.stop()
        assert pending(up.state.undo) == ()


def test_ends_in_order_on_sigterm_though_one_is_paused() -> None:
    with system_up(SMALL) as up:
        processes = (*up.target.instances(), *up.target.parts())
        up.target.pause("one", 60)
        up.supervisor.stop()
        assert not any(is_alive(*process_of(p.identity)) for p in processes)


def test_a_killed_supervisor_takes_its_children_along() -> None:
    with system_up(SMALL) as up:
        processes = (*up.target.instances(), *up.target.parts())
        os.kill(up.supervisor.pid, signal.SIGKILL)
        until(lambda: not any(is_alive(*process_of(p.identity)) for p in processes))


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        text = SMALL.replace("via: gateway", f"via: gateway, port: {port}")
        with (
            pytest.raises(RefusedError, match=f"port {port} .edge payer>one. is in use"),
            system_up(text),
        ):
            pass


def test_the_machine_holds_one_locked_system_at_a_time(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path)}  # where the lock lies
    with (
        system_up(SMALL, ("--lock",), **env) as up,
        pytest.raises(RefusedError, match=rf"pid {up.supervisor.pid} \(uid \d+\) holds"),
        system_up(SMALL, ("--lock",), **env),
    ):
        pass


def test_a_second_system_in_the_same_state_folder_is_refused() -> None:
    with system_up(SMALL) as up:
        again = type(up.supervisor).start
        with pytest.raises(RefusedError, match="up already"):
            again(UpPlan(system=up.system, folder=up.run, state=up.state))
        assert LocalTarget(up.state.target_socket).instances()[0].state == "ready"


def test_a_service_that_cannot_start_is_named_with_its_last_words() -> None:
    text = SMALL.replace("INSTANCE:", f'REFUSE_TO_START: "{SERVICE}", INSTANCE:')
    with pytest.raises(TargetError, match=r"one died 3 times.*told not to start"), system_up(text):
        pass


def test_a_service_that_never_is_ready_is_named() -> None:
    text = SMALL.replace(f'["{{python}}", {SERVICE}]', '[sleep, "60"]\n    start_timeout_s: 0.3')
    with pytest.raises(TargetError, match=r"one was not ready within 0.3 s"), system_up(text):
        pass


def test_a_wrong_system_file_is_a_matter_of_configuration() -> None:
    with (
        pytest.raises(ConfigError, match="did you mean `port`"),
        system_up(SMALL.replace('"{port}"', '"{prot}"')),
    ):
        pass
    with (
        pytest.raises(ConfigError, match=r"system.yaml:\d+:"),
        system_up(SMALL.replace("entry: payer>one", "entry: payer>two")),
    ):
        pass
