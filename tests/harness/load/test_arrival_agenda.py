"""Who is next, and who serves: the open loop's bookkeeping."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.load.arrival_agenda import Agenda, Bench, Due


def test_nothing_is_taken_before_it_is_due() -> None:
    agenda = Agenda([(0, 500)])
    assert agenda.take(499) is None
    assert agenda.take(500) == Due(500, 0)
    assert agenda.take(10_000) is None


def test_the_next_arrivals_can_be_seen_before_their_time_and_stay_there() -> None:
    agenda = Agenda([(3, 30), (1, 10), (2, 20)])
    agenda.add(Due(5, 9, "visit"))
    assert agenda.next_arrivals(2) == [(10, 1), (20, 2)]
    assert [agenda.take(15), agenda.take(15), agenda.take(15)] == [
        (5, 9, "visit"),
        (10, 1, None),
        None,
    ]
    assert agenda.next_arrivals(9) == [(20, 2), (30, 3)]
    agenda.clear()
    assert agenda.next_arrivals(9) == []


def test_a_later_step_takes_its_place_in_time() -> None:
    agenda = Agenda([(0, 100), (1, 300)])
    agenda.take(100)
    assert not agenda.add(Due(400, 0, "after"))
    assert agenda.add(Due(200, 7, "before"))
    assert [agenda.take(1000) for _ in range(3)] == [
        Due(200, 7, "before"),
        Due(300, 1),
        Due(400, 0, "after"),
    ]


def test_giving_up_tells_how_much_was_left() -> None:
    agenda = Agenda([(0, 1), (1, 2)])
    assert agenda.clear() == 2
    assert agenda.next_us() is None


@given(st.lists(st.integers(0, 10**9), max_size=60), st.lists(st.integers(0, 10**9), max_size=60))
def test_entries_come_in_the_order_of_their_time_whenever_they_were_added(
    first: list[int], added: list[int]
) -> None:
    agenda = Agenda(list(enumerate(first)))
    for intent, due_us in enumerate(added, len(first)):
        agenda.add(Due(due_us, intent, object()))
    taken = [due.due_us for _ in range(len(agenda)) if (due := agenda.take(10**9))]
    assert taken == sorted(first + added)


def test_the_user_who_came_back_last_goes_first() -> None:
    bench: Bench[str] = Bench(max_waiting=9)
    for name in ("early", "late"):
        assert bench.come_back(name) is None
    assert bench.hand(Due(1, 1)) == "late"
    assert bench.hand(Due(2, 2)) == "early"


def test_what_finds_no_user_waits_and_goes_first_come_first_served() -> None:
    bench: Bench[str] = Bench(max_waiting=9)
    assert bench.hand(Due(1, 1)) is None
    assert bench.hand(Due(2, 2)) is None
    assert bench.come_back("a") == Due(1, 1)
    assert bench.come_back("b") == Due(2, 2)
    assert (bench.waiting, bench.dropped) == (0, 0)


def test_a_full_queue_is_counted_not_silent() -> None:
    bench: Bench[str] = Bench(max_waiting=1)
    for number in range(3):
        bench.hand(Due(number, number))
    assert (bench.waiting, bench.dropped) == (1, 2)
    assert bench.send_away() == 1


def test_a_user_who_left_gets_no_work() -> None:
    bench: Bench[str] = Bench(max_waiting=1)
    bench.come_back("gone")
    bench.leave("gone")
    bench.leave("never came")
    assert bench.free == 0
    assert bench.hand(Due(1, 1)) is None
