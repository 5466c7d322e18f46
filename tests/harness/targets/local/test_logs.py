"""What services log of interest, out of the noise."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from harness.targets.local.logs import LogFollower, events_in, follow_logs, interesting, reader
from tests.support.target_timeline import HeardTimeline
from tests.support.target_waiting import until_true

PATTERN = interesting(("breaker", "sweeper"))


def line(**fields: object) -> bytes:
    told = {"event": "breaker", "name": "a>b", "mono_ns": 5, "wall_ns": 9, **fields}
    return json.dumps(told).encode() + b"\n"


def test_copies_a_listed_event_with_its_own_time() -> None:
    chunk = b'{"event":"request"}\n' + line(before="closed", after="open") + b"plain text\n"
    (event,) = events_in(chunk, "payments-1", PATTERN)
    assert (event.mono_ns, event.source, event.kind) == (5, "service", "breaker")
    assert (event.name, event.target) == ("a>b", "payments-1")
    assert event.data == {"before": "closed", "after": "open"}


def test_passes_over_what_is_no_event() -> None:
    chunk = (
        b'{"event":"breaker" cut off\n'
        b'{"event":"breaker","mono_ns":"soon","wall_ns":1}\n'
        + line(event="other")
        + b'{"msg":"a breaker opened"}\n'
    )
    assert list(events_in(chunk, "x", PATTERN)) == []


def test_a_line_that_the_judge_could_not_read_is_passed_over() -> None:
    deep = b'{"event":"breaker","x":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n"
    chunk = deep + line(mono_ns=-1) + line(wall_ns=10**30)
    assert list(events_in(chunk, "x", PATTERN)) == []


def test_a_number_beyond_64_bits_is_dropped() -> None:
    (event,) = events_in(line(count=10**30, least=-(2**63), most=2**63 - 1), "x", PATTERN)
    assert event.data == {"least": -(2**63), "most": 2**63 - 1}


def test_drops_what_is_no_scalar() -> None:
    (event,) = events_in(line(deep={"a": 1}, reason="slow"), "x", PATTERN)
    assert event.data == {"reason": "slow"}


def test_takes_whole_lines_only(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    follower = LogFollower(log)
    with log.open("ab", buffering=0) as stream:
        stream.write(b"one\ntw")
        assert follower.take() == b"one\n"
        assert follower.take() == b""
        stream.write(b"o\n")
        assert follower.take() == b"two\n"
    follower.close()


def test_a_line_without_end_is_not_kept_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    follower = LogFollower(log)
    with log.open("ab", buffering=0) as stream:
        stream.write(b"x" * 20_000)
        assert follower.take() == b""
        stream.write(b"\nnext\n")
        assert follower.take() == b"\nnext\n"
    follower.close()


def test_copies_while_it_is_written_and_once_more_at_the_end(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        log, heard = tmp_path / "a.log", HeardTimeline()
        readers = {LogFollower(log): reader("a", PATTERN)}
        task = asyncio.create_task(follow_logs(readers, heard))
        with log.open("ab", buffering=0) as stream:
            stream.write(line(reason="first"))
            await until_true(lambda: heard.events)
            stream.write(line(reason="last"))
        task.cancel()
        await asyncio.wait({task})
        return [str(event.data["reason"]) for event in heard.events]

    assert asyncio.run(scene()) == ["first", "last"]
