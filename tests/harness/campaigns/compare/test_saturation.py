"""What saturates follows from what was busy; where nothing was, none is named."""

from __future__ import annotations

from harness.campaigns.compare.saturation import saturated
from harness.campaigns.records import Load


def load(
    machine: float, processes: dict[str, float] | None = None, waits: dict[str, float] | None = None
) -> Load:
    return Load(machine=machine, cores=2, processes=processes or {}, waits=waits or {})


def names(*loads: Load | None) -> list[str]:
    return [one.resource for one in saturated(loads)]


def test_a_full_machine_is_named_first() -> None:
    assert names(load(0.97, {"ledger": 0.9}, {"pool": 0.4})) == ["machine", "pool", "CPU of ledger"]


def test_waits_for_a_connection_name_the_pool() -> None:
    assert names(load(0.6, {"ledger": 0.4}, {"pool": 0.4})) == ["pool"]
    assert names(load(0.6, {"ledger": 0.4}, {"pool": 0.001})) == [""]


def test_a_process_that_fills_its_core_is_named_on_a_machine_with_room() -> None:
    assert names(load(0.6, {"ledger-1": 0.93, "postgres": 0.2})) == ["CPU of ledger-1"]


def test_where_nothing_is_at_its_limit_none_is_named_and_the_busiest_are_told() -> None:
    (found,) = saturated([load(0.5, {"ledger": 0.3, "bank": 0.1})])
    assert found.resource == ""
    assert "ledger 30%" in found.text


def test_the_mean_of_the_repeats_counts() -> None:
    assert names(load(0.99), load(0.7)) == [""]
    assert names(load(0.99), load(0.95), None) == ["machine"]


def test_a_run_without_evidence_is_not_measured() -> None:
    (found,) = saturated([None])
    assert found.text == "not measured"
