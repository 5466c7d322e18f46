"""Locust as a subprocess: it is found, started, told, watched and ended."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

import msgspec
import pytest

from benchmarks.arrival_server import ArrivalServer
from harness.errors import ConfigError, TargetError
from harness.load.attempt_file import BLOCK_BYTES
from harness.load.generator import Generator, overload
from harness.load.records import RECORD_BYTES
from harness.load.scenario import scenario_names, scenario_path
from harness.load.traffic import read_schedule
from tests.support.load_runs import READY_S, attempts_of, begin, folder_of, plan_of, until
from tests.support.load_server import LoadServer


def gone(pid: int) -> bool:
    """No process of that session is left."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == pid:
            return False
    return True


def test_scenarios_are_the_files_with_a_curve() -> None:
    assert scenario_names() == (
        "busy_payments",
        "declined_payments",
        "mixed_payments",
        "payday_spike",
        "payday_users",
        "queried_payments",
        "rising_payments",
        "steady_payments",
        "steady_users",
    )
    assert scenario_path("payday_spike").name == "payday_spike.py"


def test_a_scenario_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = msgspec.structs.replace(plan_of(folder, "http://x", 1), scenario="payday_spkie")
    with pytest.raises(ConfigError, match="did you mean `payday_spike`"):
        Generator.start(plan, folder)
    assert not folder.plan.exists()


def test_one_worker_pays_every_arrival_once_and_ends_by_itself(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 1), folder) as generator,
    ):
        (ready,) = generator.wait_ready(READY_S)
        assert ready.pid == generator.pid
        assert ready.names == ("pay", "ask")
        begin(generator)
        (done,) = generator.wait_done(10)
        until(lambda: not generator.alive())
    scheduled = read_schedule(folder.schedule)
    assert len(scheduled) == ready.arrivals == done.started == done.attempts
    assert sorted(a.intent for a in attempts_of(folder)) == list(range(len(scheduled)))
    assert server.keys == {f"t-{intent}": 1 for intent in range(len(scheduled))}
    assert not list(Path(folder.load).glob("*.part"))


HALF_A_SECOND = """
from scenarios.payment_payers import PaymentPayers

class Short:
    highest = 120.0

    def rate(self, at_s):
        return 120.0 if at_s < 0.5 else 0.0

CURVE = Short()
PAYERS = PaymentPayers()
ENGINE = "lean"
"""


def test_a_generator_whose_last_arrival_is_answered_before_the_end_has_not_died(
    tmp_path: Path,
) -> None:
    folder, scenario = folder_of(tmp_path), tmp_path / "short.py"
    scenario.write_text(HALF_A_SECOND)
    with LoadServer() as server:
        plan = msgspec.structs.replace(plan_of(folder, server.url, 60), scenario=str(scenario))
        with Generator.start(plan, folder) as generator:
            begin(generator)
            assert not generator.died()
            until(lambda: not generator.alive())
            assert not generator.died()
            assert generator.wait_done(0.1)[0].started == len(server.keys) > 0


def test_a_killed_generator_has_died(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = plan_of(folder, "http://127.0.0.1:1", 30)
    with Generator.start(plan, folder) as generator:
        begin(generator)
        os.kill(generator.pid, signal.SIGKILL)
        until(lambda: not generator.alive())
        assert generator.died()


def test_two_workers_cover_the_schedule_exactly_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = plan_of(folder, "", 2, workers=2)
    with LoadServer() as server:
        plan = msgspec.structs.replace(plan, host=server.url)
        with Generator.start(plan, folder) as generator:
            begin(generator)
            done = generator.wait_done(15)
            until(lambda: not generator.alive())
    scheduled = read_schedule(folder.schedule)
    assert sorted(d.worker for d in done) == [0, 1]
    assert sum(d.started for d in done) == len(scheduled)
    assert sorted(a.intent for a in attempts_of(folder)) == list(range(len(scheduled)))
    assert gone(generator.pid)


def test_two_workers_deliver_what_is_too_much_for_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with ArrivalServer(tmp_path, room=20_000) as server:
        plan = plan_of(folder, server.url, 2, rate_scale=4000 / 120, workers=2)
        with Generator.start(plan, folder) as generator:
            ready = generator.wait_ready(READY_S)
            begin(generator)
            done = generator.wait_done(20)
        came = sorted(server.arrivals()[:, 1].tolist())
    scheduled = read_schedule(folder.schedule)
    assert len(scheduled) > 7000
    assert came == list(range(len(scheduled)))
    assert sum(d.attempts for d in done) == len(scheduled)
    assert all(1500 < r.peak_per_s < 2500 for r in ready)


def test_a_worker_that_is_asked_for_too_much_says_so(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = plan_of(folder, "http://127.0.0.1:1", 2, rate_scale=2500 / 120)
    with Generator.start(plan, folder) as generator:
        (ready,) = generator.wait_ready(READY_S)
        said = overload(ready.worker, ready.peak_per_s)
        assert "above 2,000" in said
        until(lambda: said in folder.log("load").read_text())


def test_a_worker_that_holds_its_share_says_nothing() -> None:
    assert overload(0, 2000) == ""


def test_a_generator_that_dies_early_is_told(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with Generator.start(plan_of(folder, "http://127.0.0.1:1", 1), folder) as generator:
        os.killpg(generator.pid, signal.SIGKILL)
        with pytest.raises(TargetError, match="the load generator died"):
            generator.wait_ready(READY_S)


def test_a_killed_worker_is_told_with_each_of_its_arrivals(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with LoadServer() as server:
        plan = plan_of(folder, server.url, 2, workers=2)
        with Generator.start(plan, folder) as generator:
            ready = generator.wait_ready(READY_S)
            begin(generator)
            until(lambda: server.answered > 50)
            os.kill(ready[1].pid, signal.SIGKILL)
            done = generator.wait_done(15)
    recorded = {attempt.intent for attempt in attempts_of(folder) if attempt.intent % 2}
    share = ready[1].arrivals
    assert done[0].died == ""
    assert done[1].died == (
        f"it died: {len(recorded)} of its {share} arrivals are recorded, "
        f"{share - len(recorded)} are not"
    )
    assert 0 < len(recorded) < share


def test_a_host_that_payers_cannot_speak_to_is_told(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = plan_of(folder, "ftp://127.0.0.1:1", 1)
    with (
        Generator.start(plan, folder) as generator,
        pytest.raises(TargetError, match="http://host:port"),
    ):
        generator.wait_ready(READY_S)


def test_a_generator_without_its_folder_is_told(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = msgspec.structs.replace(plan_of(folder, "http://127.0.0.1:1", 1), folder="/nowhere")
    with (
        Generator.start(plan, folder) as generator,
        pytest.raises(TargetError, match=r"died.*/nowhere"),
    ):
        generator.wait_ready(READY_S)


def test_a_generator_without_room_for_its_record_does_not_begin(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (BLOCK_BYTES // 2, hard))  # as a disk that is full
    try:
        generator = Generator.start(plan_of(folder, "http://127.0.0.1:1", 1), folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with generator, pytest.raises(TargetError, match=r"died.*File too large"):
        generator.wait_ready(READY_S)


def test_a_generator_that_cannot_record_ends_at_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = plan_of(folder, "", 2, rate_scale=10)
    with LoadServer() as server:
        server.trouble = {"untouched": 10**9}  # each payer makes more attempts than were expected
        plan = msgspec.structs.replace(plan, host=server.url, stop_s=60)
        with Generator.start(plan, folder) as generator:
            generator.wait_ready(READY_S)
            room = folder.attempts(0).stat().st_size
            resource.prlimit(generator.pid, resource.RLIMIT_FSIZE, (room, room))
            begin(generator)
            with pytest.raises(TargetError, match=r"cannot record.*File too large"):
                generator.wait_done(40)
    assert len(attempts_of(folder)) == room // RECORD_BYTES


def test_waiting_has_a_limit(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with Generator.start(plan_of(folder, "http://127.0.0.1:1", 1), folder) as generator:
        generator.wait_ready(READY_S)
        with pytest.raises(TargetError, match=r"no done-0\.json within 0\.1 s"):
            generator.wait_done(0.1)


def test_stop_leaves_no_process_of_its_session(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    plan = plan_of(folder, "http://127.0.0.1:1", 30, workers=2)
    with Generator.start(plan, folder) as generator:
        begin(generator)
        generator.stop()
        generator.stop()
        assert gone(generator.pid)
        assert not generator.alive()


def test_a_locust_conf_of_the_user_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".locust.conf").write_text("run-time = 1s\nusers = 77\nhost = http://elsewhere\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCUST_RUN_TIME", "1s")
    folder = folder_of(tmp_path)
    with (
        LoadServer() as server,
        Generator.start(plan_of(folder, server.url, 2), folder) as generator,
    ):
        began_s = time.monotonic()
        begin(generator)
        (done,) = generator.wait_done(10)
    assert time.monotonic() - began_s > 1.5
    assert done.started == len(read_schedule(folder.schedule))
