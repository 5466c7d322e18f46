"""Load workers that a target runs: refused where it cannot, noted before, removed after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self

import click
import msgspec
import pytest

from commands.locust_options import locust_of
from commands.run import run
from harness.errors import ConfigError, TargetError
from harness.run.from_arguments import order_from
from harness.run.heal import heal
from harness.run.load_workers import start_workers, with_master
from harness.run.order import LOADS, LocustOptions, Order
from harness.safety.replay import undo_orphans
from harness.safety.state import State
from harness.safety.undo import UndoLog, pending
from harness.store import RunFolder
from harness.system import system_files
from harness.targets.base import Proof, UndoData
from harness.targets.cluster_abilities import WorkersAsked
from harness.targets.noop import NoTarget
from harness.timeline import NoTimeline
from tests.support.documents_files import ROOT

CLOSED = """
from locust import FastHttpUser, task

class Shopper(FastHttpUser):
    @task
    def shop(self):
        self.client.get("/")
"""


class Host(NoTarget):
    """Runs workers in name; what it was asked for is kept by the class, as a cluster keeps it."""

    asked: ClassVar[list[WorkersAsked]] = []
    running: ClassVar[set[str]] = set()
    broken: ClassVar[bool] = False

    @classmethod
    def orphaned(cls) -> Self:
        return cls()

    def load_entry(self) -> str:
        return "http://inside:8080"

    def run_workers(self, asked: WorkersAsked) -> None:
        self.asked.append(asked)
        self.running.add("worker")
        if self.broken:
            raise TargetError("a load worker does not start: no image")

    def worker_logs(self) -> dict[str, bytes]:
        return {"worker": b"hello\n"}

    def undo(self, action: str, data: UndoData) -> None:
        assert (action, data["resource"]) == ("remove_workers", "load")
        self.running.clear()

    def undone(self, action: str, data: UndoData) -> Proof:
        del action, data
        return Proof(not self.running, "by name")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[RunFolder, State]]:
    folder, root = RunFolder(tmp_path / "run"), tmp_path / "state"
    folder.create()
    root.mkdir()
    yield folder, State(root=root)
    Host.asked.clear()
    Host.running.clear()
    Host.broken = False


def ordered(*words: str) -> Order:
    given = run.make_context("run", ["ledger-killed-at-peak", *words]).params
    names = ("seed", "scenario", "rate_scale", "workers", "runs_dir")
    files = system_files(given["system_path"], given["deployment_path"], given["target"])
    return order_from(
        ROOT,
        experiment="ledger-killed-at-peak",
        files=files,
        locust=locust_of(given),
        **{name: given[name] for name in names},
    )


def test_a_target_without_workers_refuses_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match=r"^--load in-cluster: the target local runs no load"):
        ordered("--load", "in-cluster", "--workers", "2")


def test_a_closed_loop_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shopper.py"
    file.write_text(CLOSED)
    order = replace(ordered("--scenario", str(file)), asked_target="kubernetes")
    target = msgspec.structs.replace(order.system, target=f"{Host.__module__}:Host")
    order = replace(order, system=target, locust=LocustOptions(load="in-cluster"))
    with pytest.raises(ConfigError, match=r"^--load in-cluster: .* has no curve: a closed loop"):
        with_master(order)


def test_the_places_that_the_option_knows_are_those_of_a_run() -> None:
    (option,) = [one for one in run.params if one.name == "load"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == LOADS


def test_workers_are_noted_before_they_start_and_removed_at_the_end(
    place: tuple[RunFolder, State],
) -> None:
    folder, state = place
    with ExitStack() as stack:
        url = start_workers(ordered("--workers", "2"), Host(), stack, folder, state)
        (record,) = pending(state.undo)
        assert (record.kind, record.does, Host.running) == ("load", "remove_workers", {"worker"})
    assert url == "http://inside:8080"
    assert (Host.asked[0].count, Host.running, pending(state.undo)) == (2, set(), ())
    assert folder.log("worker").read_bytes() == b"hello\n"


def test_workers_that_do_not_start_are_removed(place: tuple[RunFolder, State]) -> None:
    Host.broken = True
    with pytest.raises(TargetError, match="no image"), ExitStack() as stack:
        start_workers(ordered(), Host(), stack, *place)
    assert (Host.running, pending(place[1].undo)) == (set(), ())


def test_workers_of_a_dead_run_are_removed_by_their_record(
    place: tuple[RunFolder, State],
) -> None:
    start_workers(ordered(), Host(), ExitStack(), *place)
    assert undo_orphans(pending(place[1].undo)) == ()
    assert Host.running == set()
    Host.running.add("worker")
    report = heal(place[1], None, NoTimeline())
    assert (report.cleared, Host.running) == (True, set())
    assert [(one.kind, one.resource) for one in report.records] == [("remove_workers", "load")]
    assert UndoLog(place[1].undo).pending() == ()
