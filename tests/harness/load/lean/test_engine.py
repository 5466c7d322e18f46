"""The payers' engine in one thread against a real server: on time, bounded, each attempt kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.load.attempt_file import AttemptFile, Recorder
from harness.load.lean import engine
from harness.load.lean.engine import CannotRecordError, Engine, Visit
from harness.load.lean.host import Host
from harness.load.payer import Payer, Request
from harness.load.records import (
    ATTEMPT_SHIFT,
    NAME_SHIFT,
    RECORD_BYTES,
    Attempt,
    ErrorClass,
    Outcome,
    unpack,
)
from harness.load.session import Session
from scenarios.payment_payers import PaymentPayers
from tests.support.load_server import LoadServer


class FullDisk:
    """A recorder that has no room."""

    room = bytearray(RECORD_BYTES)
    kept = 0

    def __init__(self) -> None:
        self.places = no_place()

    def close(self) -> None:
        pass


def no_place() -> Iterator[int]:
    yield from ()
    raise OSError("No space left")


def session(due_us: list[int], recorder: Recorder, stop_s: float = 5) -> Session:
    return Session(
        arrivals=list(enumerate(due_us)),
        seed=1,
        intent_prefix="t",
        stop_s=stop_s,
        worker=0,
        recorder=recorder,
    )


def run(url: str, due_us: list[int], path: Path, stop_s: float = 5) -> tuple[Engine, str]:
    """One load from now on, and what it gave up."""
    load = Engine(session(due_us, AttemptFile(path), stop_s), Host(url), PaymentPayers())
    left = load.run(time.monotonic_ns())
    load.session.done(load.started)
    return load, left


def kept(path: Path) -> list[Attempt]:
    raw = path.read_bytes()
    return [unpack(raw[at : at + RECORD_BYTES]) for at in range(0, len(raw), RECORD_BYTES)]


def test_each_arrival_is_paid_once_and_never_before_it_is_due(tmp_path: Path) -> None:
    due_us = [index * 1_500 for index in range(200)]
    with LoadServer() as server:
        load, left = run(server.url, due_us, tmp_path / "a")
        assert server.keys == {f"t-{intent}": 1 for intent in range(200)}
    attempts = kept(tmp_path / "a")
    assert (load.started, left) == (200, "")
    assert sorted(a.intent for a in attempts) == list(range(200))
    assert [due_us[a.intent] for a in attempts] == [a.due_us for a in attempts]
    assert {a.outcome for a in attempts} == {Outcome.OK}
    assert all(a.answer for a in attempts)


def test_a_payer_comes_again_when_it_said_and_its_attempts_count(tmp_path: Path) -> None:
    with LoadServer() as server:
        server.trouble = {"broken": 1}
        run(server.url, [0], tmp_path / "a")
    first, second = kept(tmp_path / "a")
    assert (first.attempt, first.status, first.outcome, first.name) == (1, 500, Outcome.INFO, 0)
    assert (second.attempt, second.status, second.outcome, second.name) == (2, 200, Outcome.OK, 1)
    assert second.due_us > first.due_us + first.late_us + first.took_us


def test_at_its_bound_arrivals_wait_for_a_connection_and_start_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MAX_CONNECTIONS", 2)
    with LoadServer() as server:
        server.freeze()
        threading.Timer(0.3, server.thaw).start()
        run(server.url, [0] * 10, tmp_path / "a")
        assert server.connections == 2
    late = sorted(a.late_us for a in kept(tmp_path / "a"))
    assert len(late) == 10
    assert late[1] < 250_000 <= late[2]


def test_what_was_prepared_for_a_dropped_arrival_is_sent_by_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(engine, "MAX_WAITING", 2)
    with LoadServer() as server:
        server.freeze()
        threading.Timer(0.1, server.thaw).start()
        due_us = [*range(0, 20_000, 5_000), *range(300_000, 600_000, 20_000)]
        _, left = run(server.url, due_us, tmp_path / "a", stop_s=0.8)
        paid = server.keys
    served = [a.intent for a in kept(tmp_path / "a")]
    assert (served, left) == ([0, 1, 2, *range(4, 19)], "0 given up, 1 found no place")
    assert paid == {f"t-{intent}": 1 for intent in served}


@pytest.mark.alone
def test_at_the_stop_the_rest_is_given_up_and_who_waits_is_kept(tmp_path: Path) -> None:
    with LoadServer() as server:
        server.freeze()
        load, left = run(server.url, [0, 5_000_000], tmp_path / "a", stop_s=0.2)
    (attempt,) = kept(tmp_path / "a")
    assert (load.started, left) == (1, "1 given up, 0 found no place")
    assert attempt.error is ErrorClass.READ_TIMEOUT
    assert 200_000 <= attempt.late_us + attempt.took_us < 1_000_000


def test_an_attempt_that_cannot_be_kept_ends_the_load() -> None:
    with LoadServer() as server:
        load = Engine(session([0], FullDisk()), Host(server.url), PaymentPayers())
        with pytest.raises(CannotRecordError, match="No space"):
            load.run(time.monotonic_ns())


def asking_for_ever() -> Payer:
    while True:
        yield Request("ask", "GET", "/")


def test_more_attempts_than_a_byte_holds_are_counted_as_its_limit() -> None:
    host = Host("http://127.0.0.1:1")
    visit = Visit(asking_for_ever(), host, {"ask": 1 << NAME_SHIFT})
    seen = [visit.word]
    for _ in range(300):
        visit.ask(host)
        seen.append(visit.word)
    numbers = [word >> ATTEMPT_SHIFT for word in seen]
    assert numbers == [min(number, 255) for number in range(1, 302)]
    assert {word & (1 << ATTEMPT_SHIFT) - 1 for word in seen} == {1 << NAME_SHIFT}
