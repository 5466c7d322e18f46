"""What the system says of itself at the end of a run: NDJSON, checked once into tables in memory.

This file alone knows DuckDB. Its database lives in memory and ends with the `Evidence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import fields

from harness.store import RunFolder

Column = npt.NDArray[Any]
ENTRIES: Final = "ledger_entries"
ACCOUNTS: Final = "ledger_accounts"
CHARGES: Final = "bank_charges"
PAYMENTS: Final = "payments"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a transfer; amounts are signed, in minor units of the currency."""

    entry: int
    transfer_id: str
    reference: str
    account: str
    sequence: int
    amount_minor: int
    currency: str
    balance_minor: int
    hash: str
    prev_hash: str
    kind: Literal["fund", "hold", "post", "void"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the ledger holds it now."""

    account: str
    currency: str
    balance_minor: int
    sequence: int
    hash: str


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge at the bank; `reference` is the intent's key."""

    charge_id: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    status: Literal["charged", "declined"]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment as the payments service stores it under the intent's key."""

    key: str
    payment_id: str
    status: str
    amount_minor: int
    currency: str
    payer: str
    payee: str


_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
    "temp_directory": "",
}
_KINDS: Final[Mapping[str, type[msgspec.Struct]]] = {
    ENTRIES: Entry,
    ACCOUNTS: Account,
    CHARGES: Charge,
    PAYMENTS: Payment,
}
# `intent` is null for a key that is not `<prefix><canonical number>`.
_INTENT: Final = """
create macro intent_of(key, prefix) as
case when starts_with(key, prefix)
      and try_cast(substr(key, length(prefix) + 1) as bigint)::varchar
          = substr(key, length(prefix) + 1)
     then try_cast(substr(key, length(prefix) + 1) as bigint) end"""
# `mark` stands for a hash where it only has to be compared; `sound`: it follows from its row.
_COLUMNS: Final[Mapping[str, str]] = {
    ENTRIES: """
        intent_of(reference, $prefix) as intent, reference, entry::bigint as entry, kind,
        transfer_id, account, sequence::bigint as sequence, currency,
        amount_minor::bigint as amount_minor, balance_minor::bigint as balance_minor,
        hash(hash) as mark, hash(prev_hash) as prev_mark, sha256(concat_ws('|', prev_hash, account,
            sequence, transfer_id, amount_minor, currency, balance_minor)) = hash as sound""",
    ACCOUNTS: """
        account, sequence::bigint as sequence, balance_minor::bigint as balance_minor,
        hash(hash) as mark""",
    CHARGES: """
        intent_of(reference, $prefix) as intent, reference, status, currency,
        amount_minor::bigint as amount_minor""",
    PAYMENTS: """
        intent_of(key, $prefix) as intent, key, payment_id, status, currency,
        amount_minor::bigint as amount_minor""",
}


class Evidence:
    """Tables by the name of their source. `missing` says what was not there, a sentence each."""

    def __init__(self, tables: duckdb.DuckDBPyConnection) -> None:
        self._tables = tables
        self.found: frozenset[str] = frozenset()
        self.missing: tuple[str, ...] = ()

    def ask(self, query: str, **values: object) -> dict[str, Column]:
        """The columns of an answer; `$name` in the query stands for a value."""
        answer = self._tables.execute(query, values or None)
        return {name: np.ma.getdata(column) for name, column in answer.fetchnumpy().items()}


def read_evidence(folder: RunFolder, named: tuple[str, ...], prefix: str) -> Evidence:
    """Read the sources that the experiment names; what cannot be read is told, not raised.

    `intent` in a table is the number behind `prefix` in the row's key.
    """
    evidence = Evidence(duckdb.connect(":memory:", config=_CONFIG))
    evidence.ask(_INTENT)
    missing: list[str] = []
    if ENTRIES not in named:
        missing.append(f"the experiment does not ask for {ENTRIES}, so no payment can be checked")
    known = [name for name in _KINDS if name in named]
    for name in [*(name for name in named if name not in _KINDS), *known]:
        why = _load(evidence, folder.evidence(name), name, f"{prefix}-")
        if why:
            missing.append(f"evidence {name} {why}")
        else:
            evidence.found |= {name}
    evidence.missing = tuple(missing)
    return evidence


def _load(evidence: Evidence, path: Path, name: str, prefix: str) -> str:
    """Why it cannot be had, or nothing."""
    kind = _KINDS.get(name)
    if kind is None or not path.is_file():
        return _why_not(path, dict[str, object])
    columns = ", ".join(f"{field.name}: 'VARCHAR'" for field in fields(kind))
    query = f"""create table {name} as select {_COLUMNS[name]}, {_whole(kind)} as whole
        from read_json($path, format='newline_delimited', columns={{{columns}}})"""  # noqa: S608  # own names only
    given = {"prefix": prefix} if "$prefix" in query else {}
    try:
        evidence.ask(query, path=str(path), **given)
        flawed = evidence.ask(f"select count(*) as rows from {name} where not whole")  # noqa: S608  # own name
    except duckdb.Error:
        return _why_not(path, kind) or "cannot be read: a value is not what it should be"
    if flawed["rows"][0]:
        return _why_not(path, kind) or "cannot be read: a value is not what it should be"
    return ""


def _whole(kind: type[msgspec.Struct]) -> str:
    """A row as strict as its record: nothing absent, whole numbers as such, words of the list."""
    return " and ".join(_holds(field.name, field.type) for field in fields(kind))


def _holds(name: str, kind: Any) -> str:  # noqa: ANN401  # whatever a record is made of
    words = get_args(kind)
    if words:
        return f"coalesce({name} in ({', '.join(map(repr, words))}), false)"
    if kind is int:
        return f"coalesce({name}::bigint::varchar = {name}, false)"
    return f"{name} is not null"


def _why_not(path: Path, kind: Any) -> str:  # noqa: ANN401  # a record, or any object
    """In the words of the plain decoder, which names the first row that is wrong; or nothing."""
    try:
        msgspec.json.Decoder(kind).decode_lines(path.read_bytes())
    except OSError:
        return "was not fetched"
    except msgspec.MsgspecError as error:
        return f"cannot be read: {error}"
    return ""
