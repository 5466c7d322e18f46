"""What experiments may do: the right instance, within the blast radius, undone again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from harness.blast_radius import BlastRadius
from harness.chaos import actions, probes
from harness.chaos.session import Session, open_session
from harness.errors import ConfigError, FaultError
from harness.faults.driver import Driver
from harness.safety.undo import UndoLog, pending
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock
from tests.support.safety_timeline import ListTimeline

ROOT = Path(__file__).parents[3]


class Play:
    """A session over a target in memory, put in the place of the process's own."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = ManualClock()
        self.target = FakeTarget(
            self.clock, "ledger-1", "ledger-2", "ledger-3", "bank", payments__bank=100.0
        )
        self.path, self.patch = path, monkeypatch
        self.timeline = ListTimeline()
        self.driver = Driver(self.target, UndoLog(path), self.timeline, self.clock)
        self.use()

    def use(self, radius: BlastRadius | None = None, seed: int | None = None) -> None:
        made = Session(target=self.target, driver=self.driver, radius=radius, seed=seed)
        for module in (actions, probes):
            self.patch.setattr(module, "session", lambda: made)
        self.patch.setattr(actions, "is_open", lambda: True)

    def down(self) -> list[str]:
        return [i.name for i in self.target.instances() if i.state == "down"]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    made = Play(tmp_path / "undo.ndjson", monkeypatch)
    yield made
    made.driver.undo_all()


def test_kills_the_first_ready_instance_without_a_seed(play: Play) -> None:
    (proof,) = actions.inject_kill("ledger")
    assert play.down() == ["ledger-1"]
    assert (proof["fault"], proof["target"], proof["ended"]) == ("kill", "ledger-1", True)


def test_a_seed_always_picks_the_same_instance(play: Play) -> None:
    picked = set()
    for seed in (1, 1, 2, 3, 4, 5):
        play.use(seed=seed)
        actions.inject_kill("ledger")
        picked.add((seed, *play.down()))
        actions.undo_all()
    assert len(picked) == 5
    assert len({name for _, name in picked}) > 1


def test_kills_no_more_than_asked_and_no_fewer(play: Play) -> None:
    actions.inject_kill("ledger", 2)
    assert play.down() == ["ledger-1", "ledger-2"]
    with pytest.raises(FaultError, match="1 instances of 'ledger' are ready, not 2"):
        actions.inject_kill("ledger", 2)
    assert play.down() == ["ledger-1", "ledger-2"]


@pytest.mark.parametrize(
    ("service", "count", "why"),
    [
        ("bank", 1, "'bank' is outside the blast radius"),
        ("ledger", 2, "more than max_instances 1"),
        ("ledger", 0, "at least one"),
    ],
)
def test_refuses_what_is_beyond_the_blast_radius(
    play: Play, service: str, count: int, why: str
) -> None:
    play.use(BlastRadius(services=("ledger",), max_instances=1))
    with pytest.raises(FaultError, match=why):
        actions.inject_kill(service, count)
    assert play.down() == []
    assert pending(play.path) == ()


def test_the_blast_radius_counts_what_is_down_already(play: Play) -> None:
    play.use(BlastRadius(services=("ledger",), max_instances=1))
    actions.inject_pause("ledger")
    with pytest.raises(FaultError, match="more than max_instances"):
        actions.inject_kill("ledger")


def test_refuses_an_edge_outside_the_blast_radius(play: Play) -> None:
    play.use(BlastRadius(edges=("payer>payments",)))
    with pytest.raises(FaultError, match="outside the blast radius"):
        actions.inject_latency("payments>bank", 100)
    assert not [c for c in play.target.calls if c.startswith("fault_edge")]


def test_each_edge_fault_is_what_its_name_says(play: Play) -> None:
    edge = "payments>bank"
    calls: dict[str, Callable[[], object]] = {
        "latency": lambda: actions.inject_latency(edge, 400, percent=50),
        "errors": lambda: actions.inject_errors(edge, 503, 10),
        "lost_answers": lambda: actions.inject_lost_answers(edge, 20),
        "blackhole": lambda: actions.inject_partition(edge),
        "bandwidth": lambda: actions.inject_bandwidth(edge, 50),
        "reset": lambda: actions.inject_reset(edge),
        "refuse": lambda: actions.inject_refuse(edge),
        "slicer": lambda: actions.inject_slicer(edge, 100, 20, 1),
        "limit_data": lambda: actions.inject_limit_data(edge, 1000),
        "slow_close": lambda: actions.inject_slow_close(edge, 50),
        "timeout": lambda: actions.inject_timeout(edge, 500),
    }
    for kind, inject in calls.items():
        inject()
        fault = play.target.edges()[0].fault
        assert fault is not None
        assert fault.kind == kind
        assert actions.undo_all() == "1 undone"
        assert play.target.edges()[0].fault is None


def test_two_faults_of_a_kind_on_one_edge_get_names_of_their_own(play: Play) -> None:
    play.use(seed=7)
    actions.inject_latency("payments>bank", 400, percent=50)
    actions.inject_latency("payments>bank", 100, direction="downstream")
    actions.inject_bandwidth("payments>bank", 9, connections="new")
    faults = play.target.edges()[0].faults
    assert [fault.name for fault in faults] == ["latency", "latency-2", "bandwidth"]
    assert {fault.seed for fault in faults} == {7}
    assert actions.undo_all() == "3 undone"
    assert play.target.edges()[0].faults == ()


def test_undo_all_says_what_it_could_not_undo(play: Play) -> None:
    actions.inject_kill("ledger")
    play.target.stuck.add("ledger-1")
    with pytest.raises(FaultError, match="kill of ledger-1 is not proven undone"):
        actions.undo_all()
    play.target.stuck.clear()


def test_undo_all_without_a_fault_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "is_open", lambda: False)
    assert actions.undo_all() == "nothing was done"


def test_all_ready_is_true_only_when_every_instance_is(play: Play) -> None:
    assert play.down() == []
    assert probes.all_ready()
    actions.inject_kill("ledger")
    assert not probes.all_ready()


def test_the_environment_brings_the_blast_radius_and_the_seed(tmp_path: Path) -> None:
    experiment = ROOT / "experiments" / "ledger-killed-at-peak" / "experiment.yaml"
    environ = {
        "SQUALL_STATE_DIR": str(tmp_path / "state"),
        "SQUALL_EXPERIMENT": str(experiment),
        "SQUALL_SYSTEM": str(ROOT / "reference_services" / "system.yaml"),
        "SQUALL_DEPLOYMENT": str(ROOT / "deploy" / "local.yaml"),
        "SQUALL_SEED": "7",
    }
    opened = open_session(environ)
    assert opened.radius is not None
    assert (opened.radius.services, opened.radius.max_instances) == (("ledger",), 1)
    assert opened.seed == 7
    assert (tmp_path / "state" / "timeline.ndjson").exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"SQUALL_SEED": "seven"}, "'seven' is not a whole number"),
        ({"SQUALL_EXPERIMENT": "experiment.yaml"}, "SQUALL_SYSTEM is not"),
    ],
)
def test_refuses_an_environment_that_makes_no_sense(
    tmp_path: Path, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        open_session({"SQUALL_STATE_DIR": str(tmp_path / "state"), **changes})


@pytest.mark.parametrize(
    ("radius", "wrong"),
    [
        ({"max_share": 0.5}, "2 of 3 instances of 'ledger' are more than max_share 0.5"),
        ({"min_ready": 2}, "1 instances of 'ledger' would stay ready, fewer than min_ready 2"),
    ],
)
def test_a_share_and_a_floor_of_ready_instances_are_kept(
    play: Play, radius: dict[str, float], wrong: str
) -> None:
    allowed = {"services": ("ledger",), "max_instances": 3, **radius}
    play.use(msgspec.convert(allowed, BlastRadius))
    actions.inject_kill("ledger")
    with pytest.raises(FaultError, match=wrong):
        actions.inject_kill("ledger")
    assert play.down() == ["ledger-1"]
