"""One instance's life, with real processes that need no port."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from harness.errors import TargetError
from harness.safety.identity import family, is_alive, process_state
from harness.targets.local import instance as life
from harness.targets.local.child import Command, NoProcessLog, Spawner
from harness.targets.local.instance import Instance, InstanceSpec
from harness.targets.local.process_environment import environment_of
from harness.targets.local.process_name import process_of
from tests.support.target_timeline import HeardTimeline
from tests.support.target_waiting import until_true


@dataclass(slots=True)
class Stage:
    """An instance, what its probe says, and what the timeline heard."""

    instance: Instance
    heard: HeardTimeline
    answers: list[bool]

    async def until(self, state: str) -> None:
        await until_true(lambda: self.instance.state == state)


def act(
    tmp_path: Path, play: Callable[[Stage], Awaitable[None]], argv: tuple[str, ...] | None = None
) -> None:
    async def whole() -> None:
        answers, heard = [True], HeardTimeline()

        async def probe() -> bool:
            return answers[-1]

        command = Command(
            name="ledger-1",
            argv=argv or ("sleep", "60"),
            env={"PATH": os.environ["PATH"]},
            log=tmp_path / "ledger-1.log",
        )
        spec = InstanceSpec(
            name="ledger-1", service="ledger", address="a:1", probe=probe, command=command
        )
        stage = Stage(Instance(spec, Spawner(NoProcessLog()), heard), heard, answers)
        stage.instance.begin()
        try:
            await play(stage)
        finally:
            await stage.instance.stop(0.2)

    asyncio.run(whole())


def test_is_ready_when_its_probe_says_so(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        assert stage.instance.status().identity
        assert stage.heard.states("ledger-1") == ["starting", "ready"]

    act(tmp_path, play)


def test_a_kill_holds_it_down_until_it_is_revived(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        before = await stage.instance.kill()
        assert (before.state, before.identity != "") == ("ready", True)
        assert not is_alive(*process_of(before.identity))
        assert (stage.instance.state, stage.instance.status().identity) == ("down", "")
        assert (await stage.instance.kill()).state == "down"
        stage.instance.revive()
        assert stage.instance.status().state == "starting"
        await stage.until("ready")
        assert stage.instance.status().identity != before.identity
        assert stage.heard.states("ledger-1") == ["starting", "ready", "down", "starting", "ready"]

    act(tmp_path, play)


def test_starts_again_when_it_dies_by_itself(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        old = stage.instance.status()
        os.kill(process_of(old.identity).pid, signal.SIGKILL)
        await stage.until("down")
        await stage.until("ready")
        assert stage.instance.status().identity != old.identity
        assert stage.instance.deaths == 1
        downs = [e for e in stage.heard.events if e.data.get("state") == "down"]
        assert [(e.data["pid"], e.data["exit_code"]) for e in downs] == [
            (process_of(old.identity).pid, -9)
        ]

    act(tmp_path, play)


def test_one_that_keeps_dying_is_started_ever_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "BACKOFF_MAX_S", 0.2)

    async def play(stage: Stage) -> None:
        stage.answers.append(False)
        await until_true(lambda: stage.instance.deaths == 4)
        begun = [e.mono_ns / 1e9 for e in stage.heard.events if e.data["state"] == "starting"]
        gaps = [b - a for a, b in pairwise(begun)]
        assert all(gap >= least for gap, least in zip(gaps, (0.1, 0.2, 0.2), strict=False))

    act(tmp_path, play, ("false",))


DIES_UNLESS_LAST = 'echo "$STEP"; case "$STEP" in ""|last) sleep 60;; esac'


def test_each_next_life_has_the_next_variables_and_a_restart_is_no_death(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        await until_true((tmp_path / "ledger-1.log").read_text)
        stage.instance.configure(({"STEP": "first"}, {"STEP": "second"}, {"STEP": "last"}))
        await until_true(lambda: "last" in (tmp_path / "ledger-1.log").read_text())
        now = stage.instance.status()
        assert (now.variables, now.deaths) == ({"STEP": "last"}, 2)
        assert (environment_of(now.identity) or {})["STEP"] == "last"
        stage.instance.restore()
        stage.instance.restore()
        await until_true(lambda: stage.instance.status().identity not in ("", now.identity))
        after = stage.instance.status()
        assert (after.variables, after.deaths) == ({}, 2)
        assert "STEP" not in (environment_of(after.identity) or {"STEP": ""})
        assert environment_of(now.identity) is None
        lines = (tmp_path / "ledger-1.log").read_text().splitlines()
        assert lines[:4] == ["", "first", "second", "last"]

    act(tmp_path, play, ("sh", "-c", DIES_UNLESS_LAST))


def test_a_library_counts_as_preloaded_once_it_is_in_memory(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        for library, loaded in (("libm.so.6", True), ("/none/libclock.so.1", False)):
            stage.instance.configure(({"LD_PRELOAD": library, "STEP": library},))
            await until_true(partial(has_step, stage, library))
            await until_true(partial(has_the_c_library, stage))
            env = environment_of(stage.instance.status().identity) or {}
            assert ("LD_PRELOAD" in env) == loaded

    act(tmp_path, play)


def has_step(stage: Stage, step: str) -> bool:
    return (environment_of(stage.instance.status().identity) or {}).get("STEP") == step


def has_the_c_library(stage: Stage) -> bool:
    """Whether the linker has come so far: it maps the preloaded libraries before this one."""
    pid = process_of(stage.instance.status().identity).pid
    return "/libc.so" in Path(f"/proc/{pid}/maps").read_text()


def test_what_is_restored_between_two_lives_comes_back_with_its_own_variables(
    tmp_path: Path,
) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        await stage.instance.kill()
        stage.instance.configure(({"STEP": "first"},))
        stage.instance.restore()
        stage.instance.revive()
        await stage.until("ready")
        assert stage.instance.status().variables == {}

    act(tmp_path, play)


def test_one_lost_probe_is_no_event_and_two_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "PROBE_EVERY_S", 0.02)

    async def play(stage: Stage) -> None:
        await stage.until("ready")
        assert await stage.instance._probe(0) == 0
        stage.answers.append(False)
        assert await stage.instance._probe(0) == 1
        assert stage.instance.state == "ready"
        await stage.until("unready")
        stage.answers.append(True)
        await stage.until("ready")

    act(tmp_path, play)


def test_a_pause_stops_the_whole_session_and_resume_lets_it_go_on(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        old = stage.instance.status()
        await until_true(lambda: len(family(process_of(old.identity))) == 2)
        await stage.instance.pause()
        now = stage.instance.status()
        assert now.state == "paused"
        assert process_state(*process_of(now.identity)) == "T"
        assert [p.state for p in family(process_of(now.identity))] == ["T", "T"]
        stage.instance.resume()
        await until_true(lambda: process_state(*process_of(now.identity)) == "S")
        await stage.until("ready")
        assert stage.instance.status().identity == now.identity
        stage.instance.resume()
        assert stage.instance.state == "ready"

    act(tmp_path, play, ("sh", "-c", "sleep 60 & wait"))


def test_a_paused_one_can_be_killed_and_stopped(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        await stage.instance.pause()
        await stage.instance.kill()
        stage.instance.revive()
        await stage.until("ready")
        await stage.instance.pause()

    act(tmp_path, play)


def test_there_is_nothing_to_pause_in_a_dead_one(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        await stage.instance.kill()
        with pytest.raises(TargetError, match="nothing to pause"):
            await stage.instance.pause()

    act(tmp_path, play)


def test_stop_ends_by_force_what_does_not_listen(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        await stage.until("ready")
        await until_true((tmp_path / "ledger-1.log").read_text)
        old = stage.instance.status()
        await stage.instance.stop(0.1)
        assert not is_alive(*process_of(old.identity))
        assert stage.heard.states("ledger-1")[-1] == "stopped"

    act(tmp_path, play, ("sh", "-c", "trap '' TERM; echo deaf; sleep 60 & wait; sleep 60"))


def test_one_that_runs_elsewhere_is_watched_and_not_touched() -> None:
    async def play() -> None:
        async def probe() -> bool:
            return True

        heard = HeardTimeline()
        spec = InstanceSpec(name="db", service="db", address="x:1", probe=probe, command=None)
        instance = Instance(spec, Spawner(NoProcessLog()), heard)
        instance.begin()
        await until_true(lambda: instance.state == "ready")
        with pytest.raises(TargetError, match="runs elsewhere: it cannot be killed"):
            await instance.kill()
        with pytest.raises(TargetError, match="runs elsewhere: it cannot be paused"):
            await instance.pause()
        with pytest.raises(TargetError, match="runs elsewhere: it cannot be given other"):
            instance.configure(({"A": "1"},))
        instance.revive()
        await instance.stop(0.1)

    asyncio.run(play())
