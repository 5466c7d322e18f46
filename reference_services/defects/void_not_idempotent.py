"""Defect: a repeated void gives the money back again."""

from __future__ import annotations

from typing import Final

from reference_services.chassis.schema import Schema

_AGAIN: Final = (
    (
        "    return book(p_payment || ':' || p_kind, p_reference, p_kind, v_hold.credit,",
        """    return book(p_payment || ':' || p_kind || case
                when p_kind = 'void' and exists (select from transfers
                                                 where transfer_id = p_payment || ':void')
                then ':again-' || nextval('entry_pairs') else '' end,
                p_reference, p_kind, v_hold.credit,""",
    ),
)


def _voids_again(sound: Schema) -> Schema:
    return Schema(version=sound.version, file=sound.file, lock=sound.lock, changes=_AGAIN)


SWAPS = {"ledger.schema": _voids_again}
