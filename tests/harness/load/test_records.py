"""The packed attempt keeps what it was given."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.load.records import (
    EFFECT_SHIFT,
    ERROR_MASK,
    ERROR_SHIFT,
    FIELDS,
    MAX_NAMES,
    OUTCOME_SHIFT,
    RECORD_BYTES,
    STATUS_MASK,
    Attempt,
    ErrorClass,
    Outcome,
    pack,
    unpack,
    whole_bytes,
)

U32 = st.integers(0, 2**32 - 1)
ATTEMPTS = st.builds(
    Attempt,
    intent=U32,
    due_us=U32,
    late_us=U32,
    took_us=U32,
    answer=U32,
    status=st.integers(0, 1023),
    outcome=st.sampled_from(Outcome),
    name=st.integers(0, MAX_NAMES - 1),
    error=st.sampled_from(ErrorClass),
    attempt=st.integers(1, 255),
    effect=st.booleans(),
)


@given(ATTEMPTS)
def test_what_is_packed_is_unpacked(attempt: Attempt) -> None:
    assert unpack(pack(attempt)) == attempt
    assert len(pack(attempt)) == RECORD_BYTES == 24


@given(ATTEMPTS)
def test_the_judge_reads_the_same_record_as_columns(attempt: Attempt) -> None:
    row = np.frombuffer(pack(attempt), dtype=np.dtype(list(FIELDS)))[0]
    code = int(row["code"])
    read = (int(row["intent"]), int(row["due_us"]), int(row["late_us"]), int(row["took_us"]))
    assert read == (attempt.intent, attempt.due_us, attempt.late_us, attempt.took_us)
    assert code & STATUS_MASK == attempt.status
    assert code >> OUTCOME_SHIFT & 3 == attempt.outcome
    assert code >> ERROR_SHIFT & ERROR_MASK == attempt.error
    assert bool(code >> EFFECT_SHIFT) == attempt.effect
    assert (int(row["answer"]), int(row["name"])) == (attempt.answer, attempt.name)
    assert int(row["attempt"]) == attempt.attempt


def test_more_attempts_than_a_byte_holds_stay_at_its_limit() -> None:
    many = Attempt(0, 0, 0, 0, 0, 200, Outcome.OK, 0, ErrorClass.NONE, 1000)
    assert unpack(pack(many)).attempt == 255


@given(st.lists(ATTEMPTS, max_size=5), ATTEMPTS, st.integers(0, RECORD_BYTES - 1))
def test_a_torn_record_is_told_from_a_whole_one_wherever_it_was_cut(
    whole: list[Attempt], torn: Attempt, cut: int
) -> None:
    written = b"".join(map(pack, whole))
    begun = pack(torn)[:cut]
    assert whole_bytes(written + begun) == len(written)
    unwritten = bytes(RECORD_BYTES - cut) + bytes(100)
    assert whole_bytes(written + begun + unwritten) == len(written)
