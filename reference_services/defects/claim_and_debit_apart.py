"""Defect: a hold claims its id in one transaction and books its entries in the next.

What ends in between leaves a claim without entries; every later attempt finds the claim, and
answers that the hold exists.
"""

from __future__ import annotations

from typing import Any, Final

from reference_services.chassis.schema import Schema
from reference_services.defects.parts.around import Around

_HOLD: Final = "hold"
_CLAIM_HOLDS: Final = """
-- Claims the ids of several holds; whether each of them was new, in the same order.
create function claim_holds(p_payments text[], p_kinds text[], p_references text[],
                            p_payers text[], p_payees text[], p_amounts bigint[],
                            p_currencies text[]) returns boolean[]
language plpgsql as $$
declare
    v_new boolean[];
begin
    for i in 1 .. cardinality(p_kinds) loop
        insert into transfers (transfer_id, reference, kind, debit, credit, payee, amount_minor,
                               currency)
        values (p_payments[i] || ':hold', p_references[i], 'hold', p_payers[i],
                'held:' || p_payers[i], p_payees[i], p_amounts[i], p_currencies[i])
        on conflict (transfer_id) do nothing;
        v_new[i] := found;
    end loop;
    return v_new;
end $$;

"""
_APART: Final = (
    (
        "    if not found then\n        return replayed(",
        "    if not found and p_kind <> 'hold' then\n        return replayed(",
    ),
    ("-- Several moves in one transaction;", _CLAIM_HOLDS + "-- Several moves in one transaction;"),
)
_CLAIM: Final = "select claim_holds($1, $2, $3, $4, $5, $6, $7)"


class ClaimsFirst(Around):
    """The sound database, asked twice for a hold."""

    async def together(self, query: str, asked: list[Any]) -> list[Any]:
        """Moves: payment, kind, reference, payer, payee, amount, currency."""
        holds = [move for move in asked if move[1] == _HOLD]
        told = await self._sound.together(_CLAIM, holds) if holds else []
        old = {move[0] for move, new in zip(holds, told, strict=True) if not new}
        passed = [move for move in asked if not (move[1] == _HOLD and move[0] in old)]
        made = iter(await self._sound.together(query, passed) if passed else ())
        return ["exists" if move[1] == _HOLD and move[0] in old else next(made) for move in asked]


def _apart(sound: Schema) -> Schema:
    return Schema(version=sound.version, file=sound.file, lock=sound.lock, changes=_APART)


SWAPS = {"ledger.schema": _apart, "ledger.database": ClaimsFirst}
