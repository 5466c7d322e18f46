"""A worker's part of the load, and the files it leaves."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StoredRunError
from harness.load import session as load_session
from harness.load.plan import PLAN_VARIABLE
from harness.load.records import Attempt, ErrorClass, Outcome, pack, pack_into, words_of
from harness.load.session import NeverStartedError, Session, open_session
from harness.load.traffic import Steady, arrivals_us, read_schedule, worker_share
from harness.store import LoadDone, LoadGo, LoadReady, RunFolder, read_json, write_json
from scenarios.payment_payers import PaymentsAsked
from tests.support.load_runs import SEED, folder_of, plan_of

CURVE = Steady(per_s=50)
ATTEMPT = Attempt(3, 10, 20, 30, 40, 201, Outcome.OK, 0, ErrorClass.NONE, 1)


def planned(folder: RunFolder, worker: int, workers: int) -> Session:
    write_json(folder.plan, plan_of(folder, "http://127.0.0.1:1", 4, workers=workers))
    return open_session(CURVE, worker, workers, {PLAN_VARIABLE: str(folder.plan)})


@given(st.integers(0, 2**31), st.integers(1, 8))
def test_any_number_of_workers_covers_the_schedule_exactly_once(seed: int, workers: int) -> None:
    due_us = arrivals_us(CURVE, 4, seed)
    together = sorted(pair for w in range(workers) for pair in worker_share(due_us, w, workers))
    assert together == list(enumerate(due_us))


def test_worker_zero_stores_the_whole_schedule(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    planned(folder, 1, 2)
    assert not folder.schedule.exists()
    planned(folder, 0, 2)
    assert read_schedule(folder.schedule) == arrivals_us(CURVE, 4, SEED)


def test_worker_zero_stores_what_all_intents_ask(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    write_json(folder.plan, plan_of(folder, "http://127.0.0.1:1", 4, workers=2))
    environ = {PLAN_VARIABLE: str(folder.plan)}
    other = open_session(CURVE, 1, 2, environ, PaymentsAsked())
    assert not folder.asked_rows.exists()
    first = open_session(CURVE, 0, 2, environ, PaymentsAsked())
    first.ready(())
    other.ready(())
    lines = folder.asked_rows.read_text().splitlines()
    assert len(lines) == 1 + len(arrivals_us(CURVE, 4, SEED))
    assert lines[0] == ",".join(PaymentsAsked.columns)
    assert read_json(folder.ready(0), LoadReady).asked == PaymentsAsked.columns
    assert read_json(folder.ready(1), LoadReady).asked == {}


def test_two_workers_share_what_one_would_do(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    halves = [*planned(folder, 0, 2).arrivals, *planned(folder, 1, 2).arrivals]
    assert sorted(halves) == list(enumerate(arrivals_us(CURVE, 4, SEED)))


def test_ready_and_done_say_what_the_harness_must_know(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    session = planned(folder, 0, 1)
    session.ready(("pay", "ask"))
    pack_into(session.recorder.room, next(session.recorder.places), *words_of(ATTEMPT))
    session.done(started=1)
    assert folder.attempts(0).read_bytes() == pack(ATTEMPT)
    ready = read_json(folder.ready(0), LoadReady)
    assert (ready.arrivals, ready.names) == (len(session.arrivals), ("pay", "ask"))
    assert read_json(folder.done(0), LoadDone) == LoadDone(worker=0, started=1, attempts=1)


def test_it_polls_for_the_zero_and_starts_when_it_is_given(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    session = planned(folder, 0, 1)
    polls: list[float] = []

    def sleep(seconds: float) -> None:
        polls.append(seconds)
        if len(polls) == 3:
            write_json(folder.go, LoadGo(t0_mono_ns=42))

    assert session.zero_ns(sleep) == 42
    assert len(polls) == 3


def test_it_does_not_wait_for_the_zero_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_session, "GO_TIMEOUT_S", 0.05)
    with pytest.raises(NeverStartedError, match=r"go\.json"):
        planned(folder_of(tmp_path), 0, 1).zero_ns(_pass)


def test_a_missing_plan_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoredRunError, match="missing"):
        open_session(CURVE, 0, 1, {PLAN_VARIABLE: str(tmp_path / "none.json")})


def test_alone_it_needs_no_plan_and_writes_no_file() -> None:
    session = open_session(CURVE, 0, 1, {})
    session.ready(("pay",))
    session.done(0)
    assert session.folder is None
    assert session.zero_ns(_pass) > 0
    assert len(session.arrivals) > 2000


def _pass(seconds: float) -> None:
    threading.Event().wait(seconds)
