"""A run can be killed at any instant: no process and no data is left, and the next run starts."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.targets.local.target import LocalTarget
from tests.support.small_place import SmallPlace
from tests.support.squall_process import wait_until

pytestmark = pytest.mark.end_to_end
PARTS = ("watchdog", "supervisor", "load", "chaos")
# A word of each child's command.
FORKS = {
    "scenario": "harness.load.scenario_check",
    "watchdog": "harness.safety.watchdog",
    "supervisor": "harness.targets.local",
    "generator": "harness.load.lean",
    "conductor": "harness.chaos.conduct",
}
EVENTS = 60
SEED = 10
PROVEN = b"; every fault is undone, every process has ended"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SmallPlace]:
    made = SmallPlace(tmp_path)
    yield made
    for pid in made.living():
        os.kill(pid, signal.SIGKILL)


def die(process: subprocess.Popen[bytes], limit_s: float = 30) -> str:
    """Wait for its end; what it said."""
    return process.communicate(timeout=limit_s)[1].decode()


def in_the_fault(place: SmallPlace) -> subprocess.Popen[bytes]:
    run = place.start(*place.run_words())
    wait_until(lambda: place.has_event("fault", "verified") or run.poll() is not None)
    assert run.poll() is None, die(run)
    return run


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("where", ["in-fork", "after-fork"])
def test_a_harness_that_is_killed_around_a_fork_leaves_nothing(
    place: SmallPlace, where: str, fork: str
) -> None:
    run = place.start_and_die(f"{where}:{FORKS[fork]}", signal.SIGKILL, *place.run_words())
    die(run)
    assert run.returncode == -signal.SIGKILL
    place.wait_until_none_lives()
    place.heal()


@pytest.mark.parametrize("fork", ["supervisor", "generator", "conductor"])
def test_a_ctrl_c_around_a_fork_ends_all_and_says_only_what_is_proven(
    place: SmallPlace, fork: str
) -> None:
    run = place.start_and_die(f"after-fork:{FORKS[fork]}", signal.SIGINT, *place.run_words())
    said = die(run)
    assert place.living() == {}
    assert (run.returncode, PROVEN.decode() in said) == (130, True), said
    assert place.bulky() == []
    assert not (place.state / "undo.ndjson").exists()


@pytest.mark.parametrize("event", random.Random(SEED).sample(range(1, EVENTS), 4))
def test_a_harness_that_is_killed_at_any_step_leaves_nothing(place: SmallPlace, event: int) -> None:
    run = place.start_and_die(f"event:{event}", signal.SIGKILL, *place.run_words())
    die(run)
    assert run.returncode == -signal.SIGKILL
    place.wait_until_none_lives()
    place.heal()


def test_after_a_death_and_heal_the_next_run_comes_to_its_end(place: SmallPlace) -> None:
    run = in_the_fault(place)
    run.kill()
    die(run)
    place.wait_until_none_lives()
    refused = place.call(*place.run_words())
    assert (refused.returncode, "squall heal" in refused.stderr) == (2, True)
    place.heal()
    assert place.call(*place.run_words()).returncode in (1, 3)
    assert (place.folder() / "seal.json").exists()
    assert place.living() == {}
    assert place.bulky() == []


@pytest.mark.parametrize(
    "victims", [("squall", "supervisor"), ("squall", "watchdog", "supervisor")], ids="+".join
)
def test_several_that_are_killed_at_once_leave_nothing(
    place: SmallPlace, victims: tuple[str, ...]
) -> None:
    run = in_the_fault(place)
    pids = {r.resource: r.pid for r in place.processes()} | {"squall": run.pid}
    for victim in victims:
        os.kill(pids[victim], signal.SIGKILL)
    die(run)
    place.wait_until_none_lives()
    place.heal()


def test_frozen_processes_die_with_their_harness(place: SmallPlace) -> None:
    run = in_the_fault(place)
    pids = [run.pid, *(r.pid for r in place.processes() if r.resource in PARTS)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    run.kill()
    die(run)
    watchdogs = [pid for pid, said in place.living().items() if "watchdog" in said]
    wait_until(lambda: list(place.living()) == watchdogs, 2.0)
    place.heal()


def test_a_supervisor_that_is_killed_ends_the_run_with_code_three(place: SmallPlace) -> None:
    run = in_the_fault(place)
    (supervisor,) = [r.pid for r in place.processes() if r.resource == "supervisor"]
    os.kill(supervisor, signal.SIGKILL)
    said = die(run, 60)
    assert (run.returncode, place.living(), place.bulky()) == (3, {}, []), said
    assert "the target ended" in said
    assert not (place.state / "undo.ndjson").exists()


@pytest.mark.parametrize("where", ["in-fork", "after-fork"])
def test_services_up_that_is_killed_while_it_starts_leaves_nothing(
    place: SmallPlace, where: str
) -> None:
    words = ("services", "up", "--system", str(place.system))
    die(place.start_and_die(f"{where}:{FORKS['supervisor']}", signal.SIGKILL, *words))
    place.wait_until_none_lives()
    place.heal()


def test_a_held_system_that_is_frozen_is_taken_down_by_force(place: SmallPlace) -> None:
    up = place.call("services", "up", "--system", str(place.system))
    assert up.returncode == 0, up.stderr
    (supervisor,) = [r.pid for r in place.processes() if r.resource == "supervisor"]
    os.kill(supervisor, signal.SIGSTOP)
    healed = place.call("heal")
    assert (healed.returncode, "squall services down" in healed.stderr) == (3, True)
    down = place.call("services", "down")
    assert (down.returncode, place.living(), place.bulky()) == (0, {}, []), down.stderr
    assert not (place.state / "undo.ndjson").exists()


def test_a_held_system_outlives_its_caller_and_its_killed_supervisor_is_healed(
    place: SmallPlace,
) -> None:
    up = place.call("services", "up", "--system", str(place.system))
    assert up.returncode == 0, up.stderr
    assert place.living()
    (supervisor,) = [r.pid for r in place.processes() if r.resource == "supervisor"]
    os.kill(supervisor, signal.SIGKILL)
    place.wait_until_none_lives()
    down = place.call("services", "down")
    assert (down.returncode, "squall heal" in down.stderr) == (2, True)
    place.heal()


def test_a_paused_database_whose_supervisor_is_killed_is_found_by_heal(place: SmallPlace) -> None:
    """Its stopped backends cannot see that their postmaster has died."""
    up = place.call("services", "up", "--system", str(place.system))
    assert up.returncode == 0, up.stderr
    LocalTarget(place.state / "target.sock").pause("db", 30)
    (supervisor,) = [r.pid for r in place.processes() if r.resource == "supervisor"]
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: all("postgres" in said for said in place.living().values()), 2.0)
    assert place.living()
    place.heal()


def test_a_system_that_no_record_names_is_found_and_ended(place: SmallPlace) -> None:
    up = place.call("services", "up", "--system", str(place.system))
    assert up.returncode == 0, up.stderr
    (place.state / "undo.ndjson").unlink()
    down = place.call("services", "down")
    assert (down.returncode, place.living()) == (0, {}), down.stderr
