"""The bound of an account, checked outside the transaction that books: `allowed` says from what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reference_services.chassis.schema import Schema
from reference_services.defects.parts.around import Around

_HOLD: Final = "hold"
_REFUSED: Final = "refused:insufficient_funds"
_BALANCES: Final = "select account, balance_minor from accounts where account = any($1)"
_NO_BOUND: Final = (
    ("    check (may_overdraw or balance_minor >= 0)\n", "    check (true)\n"),
    ("v_debit.balance_minor < p_amount and not v_debit.may_overdraw", "false"),
)


def without_bound(sound: Schema) -> Schema:
    """The ledger's schema, which books whatever it is told."""
    return Schema(version=sound.version, file=sound.file, lock=sound.lock, changes=_NO_BOUND)


class BoundOutside(Around):
    """The ledger's database, but holds are refused by balances that were read beforehand."""

    async def balances(self, payers: list[str]) -> Mapping[str, int]:
        """The balances to decide by."""
        rows = await self._sound.rows(_BALANCES, payers)
        return {row["account"]: row["balance_minor"] for row in rows}

    async def together(self, query: str, asked: list[Any]) -> list[Any]:
        """Moves: payment, kind, reference, payer, payee, amount, currency."""
        known = await self.balances([move[3] for move in asked if move[1] == _HOLD])
        passed = [move for move in asked if not _is_refused(move, known)]
        told = iter(await self._sound.together(query, passed) if passed else ())
        return [_REFUSED if _is_refused(move, known) else next(told) for move in asked]


def _is_refused(move: tuple[Any, ...], known: Mapping[str, int]) -> bool:
    return bool(move[1] == _HOLD and known.get(move[3], 0) < move[5])
