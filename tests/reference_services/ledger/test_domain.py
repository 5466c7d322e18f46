"""The ledger's rules that need no database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from reference_services.ledger.domain import FIRST_HASH, Transfer, link

TEXTS = st.text(alphabet="a1:|é", max_size=6)
TRANSFERS = st.builds(
    Transfer,
    kind=st.sampled_from(("hold", "post")),
    transfer_id=TEXTS,
    reference=TEXTS,
    amount_minor=st.integers(1, 200),
    currency=st.sampled_from(("EUR", "USD")),
    giver=TEXTS,
    receiver=TEXTS,
)


@given(TRANSFERS, TRANSFERS)
def test_two_transfers_that_differ_in_any_field_have_different_links(
    one: Transfer, other: Transfer
) -> None:
    same = link(FIRST_HASH, FIRST_HASH, one) == link(FIRST_HASH, FIRST_HASH, other)
    assert same == (one == other)


@given(TRANSFERS)
def test_a_separator_inside_a_field_does_not_move_the_border_of_the_next(one: Transfer) -> None:
    other = structs.replace(
        one, transfer_id=one.transfer_id + "|1", reference=one.reference.removeprefix("|1")
    )
    assert link(FIRST_HASH, FIRST_HASH, one) != link(FIRST_HASH, FIRST_HASH, other)
