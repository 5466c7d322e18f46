"""The `tables:` and `checks:` blocks of a system file: what records there are and what must hold.

A table has typed columns, an optional key column and one source (http, sql or command). `${NAME}`
in an address, a header or a value of `env` is an environment variable: it is read when the table
is fetched and stored nowhere. A check is one of the ready-made ones or a class of your own.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

MAX_TABLES: Final = 50
_Word = Annotated[str, Meta(min_length=1, max_length=4000)]
_Name = Annotated[
    str,
    Meta(
        pattern=r"\A[a-z_][a-z0-9_]{0,62}\Z",
        description="small letters, digits and _",
        examples=["orders"],
    ),
]
ColumnName = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,62}\Z",
        description="letters, digits and _",
        examples=["amount_minor"],
    ),
]
_Pointer = Annotated[
    str,
    Meta(
        pattern=r"\A(/[^/]{0,200}){0,20}\Z",
        description="a JSON pointer",
        examples=["/items"],
    ),
]
_Path = Annotated[
    str,
    Meta(pattern=r"\A/[!-~]{0,500}\Z", description="a path that begins with /", examples=["/rows"]),
]
_EnvName = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,200}\Z",
        description="letters, digits and _",
        examples=["PGPASSWORD"],
    ),
]
Limit = Annotated[float, Meta(gt=0, le=600, description="s", examples=[20])]
_Words = Annotated[tuple[_Word, ...], Meta(min_length=1, max_length=200)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class HttpSource(_Strict, frozen=True, kw_only=True):
    """Rows over HTTP: `path` of any ready instance of `service`, or `url`.

    Without `format` the answer's type decides: text/csv is CSV, anything else NDJSON. `json` is
    one document: `pointer` leads to the list of rows. `next` leads to the address of the next page
    (null, "" or absent: the last one); `page` is the name of the query parameter that counts pages
    from `first_page` until one has no rows. More than `pages_max` pages are an error.
    """

    service: Annotated[str, Meta(max_length=63)] | None = None
    path: _Path | None = None
    url: Annotated[str, Meta(max_length=2000)] | None = None
    headers: dict[_Word, _Word] = {}
    format: Literal["ndjson", "csv", "json"] | None = None
    pointer: _Pointer = ""
    next: _Pointer = ""
    page: Annotated[str, Meta(max_length=100)] = ""
    first_page: Annotated[int, Meta(ge=0, le=1)] = 1
    pages_max: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    timeout_s: Limit = 20.0


class SqlSource(_Strict, frozen=True, kw_only=True):
    """Rows of a query on PostgreSQL. All tables of one `url` are read in one snapshot."""

    url: Annotated[str, Meta(max_length=2000)]
    query: Annotated[str, Meta(min_length=1, max_length=20_000)]
    timeout_s: Limit = 20.0


class CommandSource(_Strict, frozen=True, kw_only=True):
    """Rows that a command prints. It runs in the folder of the system file."""

    run: _Words
    env: dict[_EnvName, Annotated[str, Meta(max_length=4000)]] = {}
    format: Literal["ndjson", "csv"] = "ndjson"
    timeout_s: Limit = 20.0
    max_bytes: Annotated[int, Meta(ge=1, le=4_000_000_000)] = 1_000_000_000


class Table(_Strict, frozen=True, kw_only=True):
    """One table of records; `key` is the column with the key that intents send.

    `columns`: text, integer, decimal, boolean, hex<bytes>, or a list of the allowed words. With `?`
    at the end of a type a value may be null.
    """

    name: _Name
    columns: Annotated[dict[ColumnName, _Word | _Words], Meta(min_length=1, max_length=200)]
    key: ColumnName | None = None
    http: HttpSource | None = None
    sql: SqlSource | None = None
    command: CommandSource | None = None


class PaymentsSettings(_Strict, frozen=True, kw_only=True):
    """The complete reconciliation of the reference payment system, on its own four tables."""


class EffectsSettings(_Strict, frozen=True, kw_only=True):
    """Each acknowledged intent has exactly one row under its key, a refused one none.

    `where`: only rows with one of these values in each column count. `unfinished`: rows with such
    a value did not reach an end. `equal`: a column of the table, and the column of what was asked
    that has the same value. `resolve_s`: an unknown outcome is resolved within that time.
    `only_ours`: no other client writes to the table.
    """

    table: _Name
    where: dict[ColumnName, _Words] = {}
    unfinished: dict[ColumnName, _Words] = {}
    equal: dict[ColumnName, ColumnName] = {}
    resolve_s: Annotated[float, Meta(gt=0, le=3600, description="s", examples=[30])] | None = None
    only_ours: bool = False


class AccountsSettings(_Strict, frozen=True, kw_only=True):
    """The table of accounts: `balance` is the sum of an account's entries, in minor units.

    `lowest` is the least balance that an account may have; those in `unlimited` have no limit.
    """

    table: _Name
    account: ColumnName = "account"
    balance: ColumnName = "balance_minor"
    currency: ColumnName | None = None
    lowest: Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)] | None = None
    unlimited: Annotated[tuple[_Word, ...], Meta(max_length=100)] = ()


class DoubleEntrySettings(_Strict, frozen=True, kw_only=True):
    """The entries of each transfer, and of each currency, sum to zero; balances are their sums."""

    table: _Name
    transfer: ColumnName = "transfer_id"
    account: ColumnName = "account"
    amount: ColumnName = "amount_minor"
    currency: ColumnName | None = None
    accounts: AccountsSettings | None = None


class OwnSettings(_Strict, frozen=True, kw_only=True, rename={"of": "class"}):
    """A class of your own, `module:Class`, found in the folder of the system file or in `path`.

    It runs in a process of its own: `timeout_s` is the limit of its import and of the check, and
    `memory_mb` the limit of its data.
    """

    of: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z_][A-Za-z0-9_.]{0,200}:[A-Za-z_][A-Za-z0-9_]{0,100}\Z",
            description="write it as module:Class",
            examples=["stock_check:StockCheck"],
        ),
    ]
    path: Annotated[str, Meta(max_length=2000)] = ""
    settings: dict[str, Any] = {}
    timeout_s: Limit = 60.0
    memory_mb: Annotated[int, Meta(ge=256, le=1_000_000, description="MB", examples=[4000])] = 4000


class CheckSpec(_Strict, frozen=True, kw_only=True):
    """One check; `name` is its name in the verdict, by default that of its kind."""

    name: _Name | None = None
    payments: PaymentsSettings | None = None
    effects: EffectsSettings | None = None
    double_entry: DoubleEntrySettings | None = None
    own: OwnSettings | None = None

    @property
    def called(self) -> str:
        """Its name in the verdict."""
        kinds = ("payments", "effects", "double_entry", "own")
        return self.name or next((k for k in kinds if getattr(self, k) is not None), "")


Tables = Annotated[tuple[Table, ...], Meta(max_length=MAX_TABLES)]
Checks = Annotated[tuple[CheckSpec, ...], Meta(max_length=MAX_TABLES)]
