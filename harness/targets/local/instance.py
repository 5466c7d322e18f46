"""One instance's life: started, watched, started again when it dies; killed or frozen on demand."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, replace
from typing import Final

from harness.errors import TargetError
from harness.safety.identity import Process, family, is_alive, process_state, signal_process
from harness.targets.environment import Lives
from harness.targets.local.child import Child, Command, Spawner
from harness.targets.local.listener import listener_of
from harness.targets.local.probes import Probe
from harness.targets.local.process_name import identity_of, seen_of
from harness.targets.records import InstanceState, InstanceStatus
from harness.timeline import Scalar, Timeline

BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MAX_S: Final = 2.0
STEADY_S: Final = 10.0
PROBE_EVERY_S: Final = 0.5
PROBE_STARTING_S: Final = 0.05
# One failed probe on a full machine is not an event; a death is detected without probes.
MISSES_UNTIL_UNREADY: Final = 2
DEATH_LIMIT_S: Final = 5.0
FREEZE_LIMIT_S: Final = 1.0
RESTART_GRACE_S: Final = 8.0
_LOOK_AGAIN_S: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """What an instance is. `command` None: it runs elsewhere, and is only watched."""

    name: str
    service: str
    address: str
    probe: Probe
    command: Command | None
    stop_signal: signal.Signals = signal.SIGTERM
    port: int = 0  # of this machine, if `command` is None: the instance is the listener there


class Instance:
    """Keeps one instance going and tells the timeline each change of its state."""

    def __init__(self, spec: InstanceSpec, spawner: Spawner, timeline: Timeline) -> None:
        self.spec = spec
        self.state: InstanceState = "stopped"
        self.deaths = 0
        self._spawner, self._timeline = spawner, timeline
        self._child: Child | None = None
        self._wanted, self._look = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping, self._asked_to_end = False, False
        self._listener = ""
        self._lives: Lives = ()
        self._variables: dict[str, str] = {}

    def begin(self) -> None:
        """Start it, and look after it from now on."""
        if self.spec.command is None:
            self._become("starting")
        else:
            self.revive()
            self._tasks.append(asyncio.create_task(self._keep(self.spec.command)))
        self._tasks.append(asyncio.create_task(self._watch()))

    def status(self, *, leased: bool = False) -> InstanceStatus:
        """It, now."""
        child = self._child
        return InstanceStatus(
            name=self.spec.name,
            service=self.spec.service,
            state=self.state,
            identity=identity_of(child.pid, child.started_ticks) if child else self._listener,
            address=self.spec.address,
            leased=leased,
            deaths=self.deaths,
            variables=self._variables,
        )

    async def kill(self) -> InstanceStatus:
        """SIGKILL, and hold it down until `revive`; who it was. Returns when all of it has gone."""
        self._must_be_ours("killed")
        before, child = self.status(), self._child
        self._wanted.clear()
        if child is not None:
            left = family((child.pid, child.started_ticks))
            child.signal(signal.SIGKILL)
            await child.ended(DEATH_LIMIT_S)
            self._ended(child)
            await _gone(left)
        if not self._wanted.is_set():
            self._become("down")
        return before

    async def restart(self, grace_s: float) -> None:
        """End it in order, or by force after `grace_s`; it starts again by itself."""
        self._must_be_ours("restarted")
        child = self._child
        if child is None:
            return
        self._asked_to_end = True
        child.signal(self.spec.stop_signal)
        try:
            await child.ended(grace_s)
        except TimeoutError:
            child.signal_family(signal.SIGKILL)
            await child.ended(DEATH_LIMIT_S)

    def configure(self, lives: Lives) -> None:
        """Restart it; its next lives have these variables in turn, the last ones from then on."""
        self._must_be_ours("given other variables")
        self._lives = lives
        self._restart_soon()

    def restore(self) -> None:
        """Restart it with its own variables; nothing to do if no others were given."""
        self._lives = ()
        if self._variables:
            self._restart_soon()

    def _restart_soon(self) -> None:
        restarting = asyncio.create_task(self.restart(RESTART_GRACE_S))
        self._tasks.append(restarting)
        restarting.add_done_callback(self._tasks.remove)

    def revive(self) -> None:
        """Let it start again; nothing to do if it lives."""
        if self.spec.command is not None and not self._wanted.is_set():
            self.state = "starting"  # its event has the pid and follows at once
            self._wanted.set()

    async def pause(self) -> None:
        """SIGSTOP all its processes; returns when all are stopped. Raises TargetError."""
        self._must_be_ours("paused")
        child = self._child
        if child is None:
            raise TargetError(f"{self.spec.name} is {self.state}: there is nothing to pause")
        self._become("paused")
        child.signal(signal.SIGSTOP)  # first the parent, so that no new child escapes
        child.signal_family(signal.SIGSTOP)
        try:
            await _stands_still(child)
        except TimeoutError:
            self.resume()
            raise TargetError(f"{self.spec.name} did not stop within {FREEZE_LIMIT_S} s") from None

    def resume(self) -> None:
        """SIGCONT all of it; nothing to do if it was not paused."""
        if self.state == "paused" and self._child is not None:
            self._child.signal_family(signal.SIGCONT)
            self._become("unready")
            self._look.set()

    async def stop(self, grace_s: float) -> None:
        """End it in order, or by force after `grace_s`."""
        self._stopping = True
        self._wanted.clear()
        child = self._child
        if child is not None:
            left = family((child.pid, child.started_ticks))
            child.signal(self.spec.stop_signal)
            child.signal_family(signal.SIGCONT)  # a frozen process would not hear
            try:
                await child.ended(grace_s)
            except TimeoutError:
                child.signal_family(signal.SIGKILL)
                await child.ended(DEATH_LIMIT_S)
            await _gone(left)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._become("stopped")

    async def _keep(self, command: Command) -> None:
        pause_s = BACKOFF_FIRST_S
        clock = asyncio.get_running_loop().time
        while True:
            await self._wanted.wait()
            began_s = clock()
            await self._live_once(self._next(command))
            unasked, self._asked_to_end = not self._asked_to_end, False
            if not self._wanted.is_set():
                continue
            self.deaths += unasked
            if clock() - began_s > STEADY_S:
                pause_s = BACKOFF_FIRST_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, BACKOFF_MAX_S)

    def _next(self, command: Command) -> Command:
        """What starts the next life: the variables of the last life stay for all further ones."""
        self._variables = dict(self._lives[0]) if self._lives else {}
        self._lives = self._lives[1:] or self._lives
        return replace(command, env={**command.env, **self._variables})

    async def _live_once(self, command: Command) -> None:
        """From one start to the death after it."""
        try:
            child = self._child = self._spawner.start(command)
        except TargetError as error:
            self._timeline.tell("target", "start_failed", self.spec.name, error=str(error))
            self._become("down")
            return
        self._become("starting", again=True)
        self._look.set()
        code = await child.ended()
        self._ended(child, code)

    def _ended(self, child: Child, code: int | None = None) -> None:
        if self._child is child:
            pid, self._child = child.pid, None
            self._variables = {}
            state: InstanceState = "stopped" if self._stopping else "down"
            self._become(state, pid=pid, code=code)

    async def _watch(self) -> None:
        misses = 0
        while True:
            every_s = PROBE_STARTING_S if self.state == "starting" else PROBE_EVERY_S
            try:
                async with asyncio.timeout(every_s):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            misses = await self._probe(misses)

    async def _probe(self, misses: int) -> int:
        """Ask once; how many times in a row it was not ready."""
        if self.state in ("paused", "down", "stopped"):
            return 0
        if self._listener and seen_of(self._listener) == "gone":
            self._listener = ""  # reported even if another process listens there by now
            self._become("unready")
        child = self._child
        ready = await self.spec.probe()
        if child is not self._child or self.state in ("paused", "down", "stopped"):
            return 0  # it is another one by now
        if ready:
            if self.spec.port and self.state != "ready":
                self._listener = await asyncio.to_thread(listener_of, self.spec.port)
            self._become("ready")
            return 0
        if self.state == "ready" and misses + 1 >= MISSES_UNTIL_UNREADY:
            self._become("unready")
        return misses + 1

    def _become(
        self,
        state: InstanceState,
        *,
        again: bool = False,
        pid: int | None = None,
        code: int | None = None,
    ) -> None:
        if state == self.state and not again:
            return
        self.state = state
        shown = pid if pid is not None else self._child.pid if self._child else 0
        name = self.spec.name
        more: dict[str, Scalar] = {} if code is None else {"exit_code": code}
        if self._listener:
            more["identity"] = self._listener
        self._timeline.tell("target", "instance", name, "", state=state, pid=shown, **more)

    def _must_be_ours(self, what: str) -> None:
        if self.spec.command is None:
            raise TargetError(f"{self.spec.name} runs elsewhere: it cannot be {what}")


async def _gone(processes: tuple[Process, ...]) -> None:
    """Wait for orphans (a killed PostgreSQL's backends see it at once), then end them by force."""
    deadline = asyncio.get_running_loop().time() + DEATH_LIMIT_S / 2
    while any(is_alive(p.pid, p.started_ticks) for p in processes):
        if asyncio.get_running_loop().time() > deadline:
            for p in processes:
                signal_process(p.pid, p.started_ticks, signal.SIGKILL)
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _stands_still(child: Child) -> None:
    members = family((child.pid, child.started_ticks))
    async with asyncio.timeout(FREEZE_LIMIT_S):
        # The kernel reports a stop only to a tracer, so the state is polled.
        while any(process_state(p.pid, p.started_ticks) not in ("T", "") for p in members):  # noqa: ASYNC110  # as said
            await asyncio.sleep(_LOOK_AGAIN_S)
