"""The policy of an edge can be changed by words of the environment; a wrong word is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_services.chassis.errors import SettingsError
from reference_services.payments.policy_words import policies_from
from reference_services.resilience.policy import EDGES


def test_words_change_what_they_name_and_nothing_else() -> None:
    words = "payments>ledger.retry.tries=1 payments>ledger.breaker.open_s=2.5 payments>bank.queue=8"
    changed = policies_from(words, EDGES)
    ledger, usual = changed["payments>ledger"], EDGES["payments>ledger"]
    assert (ledger.retry.tries, ledger.breaker.open_s, changed["payments>bank"].queue) == (
        1,
        2.5,
        8,
    )
    assert ledger.retry.backoff_s == usual.retry.backoff_s
    assert ledger.breaker.slow_s == usual.breaker.slow_s
    assert ledger.try_timeout_s == usual.try_timeout_s


def test_no_words_leave_the_table_as_it_is() -> None:
    assert dict(policies_from("", EDGES)) == dict(EDGES)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("payments>ledgr.queue=1", "did you mean 'payments>ledger'"),
        ("payments>ledger.retry.trys=1", "did you mean 'retry.tries'"),
        ("payments>ledger.ques=1", "did you mean 'queue'"),
        ("payments>ledger.edge=1", "'edge'"),
        ("payments>ledger.retry=1", "'retry'"),
        ("payments>ledger.retry.tries=1.5", "a whole number from 1"),
        ("payments>ledger.retry.tries=0", "a whole number from 1"),
        ("payments>ledger.try_timeout_s=99999", "a number up to"),
        ("payments>ledger.queue", "write EDGE.FIELD=NUMBER"),
        ("payments>ledger.queue=-1", "write EDGE.FIELD=NUMBER"),
    ],
)
def test_a_wrong_word_is_refused_with_the_nearest_right_one(word: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        policies_from(word, EDGES)
    assert says in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        names = set(policies_from(text, EDGES))
    except SettingsError:
        return
    assert names == set(EDGES)
