"""Check `effects`: planted defects are found by name, and a plain oracle finds the same."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from harness.evidence.declared import EffectsSettings, Table
from harness.load.records import Attempt, ErrorClass, Outcome, pack
from reports.checks.effects import CLASSES, EffectsCheck
from reports.checks.run_records import RunRecords
from reports.inputs.attempts import RECORD
from reports.measures.cohorts import Known, block_of
from tests.support.memory_tables import evidence_of
from tests.support.plain_effects import Found, Orders, plain_effects

PREFIX = "5e1f"
ORDERS = Table(
    name="orders",
    key="id",
    columns={"id": "text", "total_minor": "integer", "status": ("done", "open", "declined")},
)
SETTINGS = EffectsSettings(
    table="orders",
    where={"status": ("done", "open")},
    unfinished={"status": ("open",)},
    equal={"total_minor": "total_minor"},
)
SAID = {Known.CAPTURED: Outcome.OK, Known.REFUSED: Outcome.FAIL, Known.UNKNOWN: Outcome.INFO}


def found_by_the_check(orders: Orders, settings: EffectsSettings = SETTINGS) -> Found:
    evidence = evidence_of({"orders": (ORDERS, orders.rows)}, PREFIX)
    evidence.ask("create table asked (intent bigint, total_minor bigint)")
    for intent, total in enumerate(orders.asked):
        evidence.ask("insert into asked values ($i, $t)", i=intent, t=total)
    check = EffectsCheck("effects", settings, RunRecords(evidence, PREFIX, len(orders.known)))
    attempts = [_attempt(i, known) for i, known in enumerate(orders.known) if known != 0]
    records = np.frombuffer(b"".join(map(pack, attempts)), dtype=RECORD)
    check.add(block_of(np.arange(len(orders.known), dtype=np.int64), records, 300))
    return {violation.kind.name: violation.names for violation in check.result()}


def _attempt(intent: int, known: Known | None) -> Attempt:
    """An intent that claims nothing was answered ok, like a GET."""
    outcome = Outcome.OK if known is None else SAID[known]
    fields = (intent, intent, 0, 10, 0, 200, outcome, 0, ErrorClass.NONE, 1)
    return Attempt(*fields, effect=known is not None)


def sound(draw: random.Random) -> Orders:
    """Eight intents that clients and table agree on; the first is acknowledged."""
    orders = Orders(PREFIX)
    every = (Known.CAPTURED, Known.REFUSED, Known.UNKNOWN, Known.UNSTARTED, None)
    for intent in range(8):
        known = Known.CAPTURED if intent == 0 else draw.choice(every)
        orders.known.append(known)
        orders.asked.append(draw.randint(1, 9_999))
        if known is Known.CAPTURED or (known is Known.UNKNOWN and draw.random() < 0.5):
            order(orders, intent)
        elif known is Known.REFUSED and draw.random() < 0.5:
            order(orders, intent, status="declined")
    orders.rows.append({"id": "another-client", "total_minor": 5, "status": "done"})
    return orders


def order(orders: Orders, intent: int, **changed: object) -> None:
    usual = {"id": orders.key(intent), "total_minor": orders.asked[intent], "status": "done"}
    orders.rows.append({**usual, **changed})


def book_twice(orders: Orders, draw: random.Random) -> None:
    ours = [row for row in orders.rows if str(row["id"]).startswith(PREFIX)]
    orders.rows.append(dict(draw.choice([row for row in ours if row["status"] == "done"])))


def lose_one(orders: Orders, draw: random.Random) -> None:
    del draw
    orders.rows = [row for row in orders.rows if row["id"] != orders.key(0)]


def decline_an_acknowledged_one(orders: Orders, draw: random.Random) -> None:
    lose_one(orders, draw)
    order(orders, 0, status="declined")


def book_a_refused_one(orders: Orders, draw: random.Random) -> None:
    del draw
    orders.known[1] = Known.REFUSED
    order(orders, 1)


def book_one_that_was_never_sent(orders: Orders, draw: random.Random) -> None:
    del draw
    orders.known[2] = Known.UNSTARTED
    order(orders, 2)


def book_another_amount(orders: Orders, draw: random.Random) -> None:
    lose_one(orders, draw)
    order(orders, 0, total_minor=orders.asked[0] + 1)


def leave_one_open(orders: Orders, draw: random.Random) -> None:
    lose_one(orders, draw)
    order(orders, 0, status="open")


def book_under_a_key_of_no_intent(orders: Orders, draw: random.Random) -> None:
    del draw
    orders.rows.append({"id": f"{PREFIX}-00", "total_minor": 1, "status": "done"})


DEFECTS: dict[Callable[[Orders, random.Random], None], str] = {
    book_twice: "effect_doubled",
    lose_one: "effect_lost",
    decline_an_acknowledged_one: "effect_lost",
    book_a_refused_one: "effect_ghost",
    book_one_that_was_never_sent: "effect_ghost",
    book_another_amount: "effect_differs",
    leave_one_open: "effect_unresolved",
    book_under_a_key_of_no_intent: "effect_unknown_key",
}


@pytest.mark.parametrize("seed", range(5))
def test_sound_records_have_no_violation(seed: int) -> None:
    orders = sound(random.Random(seed))
    assert found_by_the_check(orders) == plain_effects(orders) == {}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda it: it.__name__)
def test_a_planted_defect_is_found_by_its_class(
    defect: Callable[[Orders, random.Random], None],
) -> None:
    draw = random.Random(3)
    orders = sound(draw)
    orders.rows = [r for r in orders.rows if r["id"] in (orders.key(0), "another-client")]
    orders.known = [Known.CAPTURED, *(None for _ in orders.known[1:])]
    defect(orders, draw)
    assert set(found_by_the_check(orders)) == {DEFECTS[defect]}


def test_every_class_has_a_planted_defect() -> None:
    assert {kind.name for kind in CLASSES} == {*DEFECTS.values()}


@pytest.mark.parametrize("seed", range(40))
def test_the_check_finds_what_the_oracle_finds(seed: int) -> None:
    draw = random.Random(seed)
    orders = sound(draw)
    for defect in draw.sample(list(DEFECTS), draw.randint(1, 4)):
        defect(orders, draw)
    assert found_by_the_check(orders) == plain_effects(orders)


def test_an_intent_that_claims_no_effect_claims_nothing_of_its_rows() -> None:
    orders = Orders(PREFIX, known=[None, None], asked=[1, 1])
    order(orders, 0)
    order(orders, 0)
    assert found_by_the_check(orders) == {}


def test_an_outcome_that_was_unknown_for_too_long_is_not_resolved_in_time() -> None:
    orders = Orders(PREFIX, known=[Known.UNKNOWN], asked=[1])
    settings = EffectsSettings(table="orders", resolve_s=30)
    assert found_by_the_check(orders, settings) == {"effect_unresolved": (orders.key(0),)}
    assert found_by_the_check(orders) == {}


def test_where_no_other_client_writes_each_foreign_key_is_a_violation() -> None:
    orders = sound(random.Random(1))
    settings = EffectsSettings(table="orders", where=SETTINGS.where, only_ours=True)
    assert found_by_the_check(orders, settings) == {"effect_unknown_key": ("another-client",)}


@pytest.mark.parametrize(
    ("kind", "stored", "asked", "alike"),
    [
        ("integer", 12, 12, True),
        ("integer", 12, 13, False),
        ("text", "12", 12, True),
        ("text", "12.00", 12, True),
        ("text", "12.4", 12, False),
        ("text", " 12 ", 12, False),
        ("text", "1e1", 10, False),
        ("text", "twelve", 12, False),
        ("text", "12.00000000001", 12, False),
        ("decimal", "12", 12, True),
        ("decimal", "12.4", 12, False),
        ("integer", 12, "12.4", False),
        ("integer", 12, "12.00", True),
        ("integer", 12, "twelve", False),
        ("decimal", "12.4", "12.40", True),
        ("text", "12.4", "12.40", False),
        ("boolean", True, "true", True),
        ("boolean", True, "yes", False),
    ],
)
def test_values_of_two_types_are_alike_without_rounding(
    kind: str, stored: object, asked: str | int, alike: bool
) -> None:
    table = Table(name="orders", key="id", columns={"id": "text", "total": kind})
    row = {"id": f"{PREFIX}-0", "total": stored}
    evidence = evidence_of({"orders": (table, [row])}, PREFIX)
    asked_type = "bigint" if isinstance(asked, int) else "varchar"
    evidence.ask(
        f"create table asked as select 0::bigint as intent, $t::{asked_type} as t", t=asked
    )
    settings = EffectsSettings(table="orders", equal={"total": "t"})
    check = EffectsCheck("effects", settings, RunRecords(evidence, PREFIX, 1))
    attempt = np.frombuffer(pack(_attempt(0, Known.CAPTURED)), dtype=RECORD)
    check.add(block_of(np.zeros(1, dtype=np.int64), attempt, 300))
    names = {violation.kind.name for violation in check.result()}
    assert names == (set() if alike else {"effect_differs"})
