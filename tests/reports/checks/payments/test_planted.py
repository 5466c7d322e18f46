"""Two implementations agree on every ledger: the checks in DuckDB, and the definitions in Python.

`SQUALL_LEDGERS=2000 pytest -s tests/reports/checks/payments/test_planted.py` compares 2,000 drawn
ledgers and prints the time; without the variable it is fewer.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.planted_checks import oracle, payment_kinds, production
from tests.support.planted_ledgers import ALL, planted

LEDGERS = int(os.environ.get("SQUALL_LEDGERS", "120"))
compared: Counter[int] = Counter()
began_s = time.monotonic()


@pytest.mark.parametrize("name", ALL)
def test_each_planted_defect_is_found_by_its_class(name: str) -> None:
    for seed in (1, 2, 3):
        found = production(planted(seed, [name]))
        assert ALL[name][1] in found, seed
        assert found == oracle(planted(seed, [name])), seed


@pytest.mark.parametrize("seed", range(20))
def test_a_sound_ledger_has_no_violation(seed: int) -> None:
    assert production(planted(seed, [])) == oracle(planted(seed, [])) == {}


def test_every_class_has_a_defect_that_only_it_must_report() -> None:
    classes = {kind.name for check in payment_kinds() for kind in check.classes}
    assert {kind for _, kind in ALL.values()} == classes


@settings(
    max_examples=LEDGERS,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    seed=st.integers(0, 2**32),
    names=st.lists(st.sampled_from(sorted(ALL)), max_size=3, unique=True),
)
def test_both_implementations_find_the_same(seed: int, names: list[str]) -> None:
    script = planted(seed, names)
    assert production(script) == oracle(script)
    compared[len(names)] += 1


def test_how_many_ledgers_were_compared() -> None:
    took_s = time.monotonic() - began_s
    told = f"{sum(compared.values())} ledgers compared, by number of defects {dict(compared)}"
    sys.stdout.write(f"\n{told}: {took_s:.1f} s\n")
    assert sum(compared.values()) >= LEDGERS * 0.9
