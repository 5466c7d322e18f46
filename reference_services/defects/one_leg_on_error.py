"""Defect: a transfer that is refused has written its second entry already, and it stays."""

from __future__ import annotations

from typing import Final

from reference_services.chassis.schema import Schema

_ONE_LEG: Final = (
    (
        "    if v_refused <> '' then\n        return 'refused:' || v_refused;\n",
        """    if v_refused <> '' then
        insert into entries (entry, transfer_id, reference, account, sequence, amount_minor,
                             currency, balance_minor, hash, prev_hash, kind)
        values (nextval('entry_pairs'), p_id, p_reference, p_credit, v_credit.sequence + 1,
                p_amount, p_currency, v_credit.balance_minor + p_amount, v_credit.hash,
                v_credit.hash, p_kind);
        update accounts set sequence = v_credit.sequence + 1,
            balance_minor = v_credit.balance_minor + p_amount where account = p_credit;
        return 'refused:' || v_refused;
""",
    ),
)


def _one_leg(sound: Schema) -> Schema:
    return Schema(version=sound.version, file=sound.file, lock=sound.lock, changes=_ONE_LEG)


SWAPS = {"ledger.schema": _one_leg}
