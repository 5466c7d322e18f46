"""What the switch row reads out of a client's requests."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.proxy_load import Asked
from benchmarks.rows.switch import Toggle, reactions

MS = 1_000_000


def asked(*requests: tuple[float, float]) -> Asked:
    """Requests as (sent, answered) in ms."""
    sent, answered = zip(*requests, strict=True)
    return Asked(
        sent_ns=np.array([s * MS for s in sent], np.int64),
        answered_ns=np.array([a * MS for a in answered], np.int64),
        seconds=1.0,
    )


def test_reads_the_first_affected_and_the_first_clean_start_after_each_call() -> None:
    toggle = Toggle(on=10 * MS, is_on=11 * MS, off=60 * MS, is_off=62 * MS)
    figures = reactions(
        asked((9, 9.5), (9.5, 29.6), (10.2, 10.4), (10.4, 30.5), (59, 60.5), (60.5, 60.9)),
        (toggle,),
    )
    assert figures == {
        "on, first affected": pytest.approx(0.4),
        "off, first clean": pytest.approx(0.5),
        "on, call": pytest.approx(1.0),
        "off, call": pytest.approx(2.0),
    }


def test_makes_nothing_up_where_no_request_was_affected() -> None:
    toggle = Toggle(on=10 * MS, is_on=11 * MS, off=60 * MS, is_off=62 * MS)
    with pytest.raises(ValueError, match="no request"):
        reactions(asked((11, 11.2), (70, 70.2)), (toggle,))
