"""Defect: the database answers a commit before it is written (`synchronous_commit = off`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reference_services.chassis.schema import Schema

_OFF: Final = """do $off$ begin
    execute format('alter database %I set synchronous_commit = off', current_database());
end $off$;
"""


def _before(statement: str) -> Callable[[Schema], Schema]:
    def changed(sound: Schema) -> Schema:
        changes = ((statement, _OFF + statement),)
        return Schema(version=sound.version, file=sound.file, lock=sound.lock, changes=changes)

    return changed


SWAPS = {
    "ledger.schema": _before("create sequence entry_pairs"),
    "payments.schema": _before("create index payments_dead"),
}
