"""What the `tables:` and `checks:` of a system file must agree on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from harness.evidence.declared import CheckSpec, HttpSource, Table
from harness.evidence.schema import TYPES, column_of
from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import problem_at, wrong_value
from harness.system import System
from harness.validation.payments_columns import PAYMENTS_COLUMNS, WHOLE

_SOURCES: Final = ("http", "sql", "command")
_KINDS: Final = ("payments", "effects", "double_entry", "own")
_OWN_COLUMNS: Final = ("intent", "row", "number", "file_row_number")
_OWN_TABLES: Final = ("asked", "keys", "account_names", "doubtful")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def declared_problems(root: Node, system: System) -> Iterator[Problem]:
    """All that is wrong between the parts; each value was found right before."""
    for index, (table, item) in enumerate(zip(system.tables, _items(root, "tables"), strict=True)):
        at = f"tables[{index}]"
        yield from _one_of(item, at, "source", _SOURCES)
        yield from _columns(table, item, at)
        if table.name in _OWN_TABLES:
            fix = "rename the table"
            yield wrong_value(
                item, f"{at}.name", "the judge has a table of this name", "another", fix
            )
        if table.http is not None:
            yield from _http(table.http, item.child("http") or item, f"{at}.http", system)
        if table.sql is not None:
            yield from _sql(table.sql.url, item.child("sql") or item, f"{at}.sql")
    yield from _checks(root, system)


def missing_variables(root: Node, environ: Mapping[str, str]) -> Iterator[Problem]:
    """`${NAME}` in a source of a table where NAME is not set in this environment."""
    for index, item in enumerate(_items(root, "tables")):
        for source in _SOURCES:
            for at, node in _texts(f"tables[{index}].{source}", item.child(source)):
                for name in _VARIABLE.findall(str(node.value)):
                    if name not in environ:
                        fix = f"set {name}, or write another variable"
                        wrong = f"the environment has no variable {name}"
                        yield Problem(
                            line=node.line,
                            key=at,
                            value=node.value,
                            wrong=wrong,
                            allowed="variables that are set",
                            fix=fix,
                        )


def _texts(at: str, node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is None:
        return
    if isinstance(node.value, str) and not at.endswith(".query"):
        yield at, node
    for key, child in node.items():
        yield from _texts(f"{at}.{key}", child)
    for index, child in enumerate(node.elements()):
        yield from _texts(f"{at}[{index}]", child)


def _one_of(item: Node, at: str, what: str, names: tuple[str, ...]) -> Iterator[Problem]:
    found = [name for name in names if item.child(name) is not None]
    if len(found) != 1:
        wrong = f"no {what}" if not found else f"{len(found)} {what}s: {', '.join(found)}"
        fix = f"write one of {listed(names)}"
        yield wrong_value(item, at, wrong, f"exactly one of {listed(names)}", fix)


def _columns(table: Table, item: Node, at: str) -> Iterator[Problem]:
    columns = item.child("columns") or item
    seen: dict[str, str] = {}
    for name, declared in table.columns.items():
        key = f"{at}.columns.{name}"
        if column_of(name, declared) is None:
            known = [kind.removesuffix("<bytes>") for kind in TYPES]
            word = str(declared).rstrip("?0123456789")
            fix = fix_name(word, known)
            allowed = f"{listed(TYPES)}, each with ? where a value may be null, or a list of words"
            yield wrong_value(columns, key, "not a type of a column", allowed, fix)
        if name.lower() in seen or name.lower() in _OWN_COLUMNS:
            wrong = f"SQL has {seen.get(name.lower(), 'a column of the judge')} under this name"
            yield wrong_value(
                columns, key, wrong, "names that differ in their letters", "rename it"
            )
        seen.setdefault(name.lower(), name)
    if table.key is not None and table.key not in table.columns:
        fix = fix_name(table.key, table.columns)
        yield wrong_value(
            item, f"{at}.key", "not a column of this table", listed(table.columns), fix
        )


def _http(source: HttpSource, item: Node, at: str, system: System) -> Iterator[Problem]:
    by_service = source.service is not None and source.path is not None
    if by_service == (source.url is not None) or (source.service is None) != (source.path is None):
        allowed = "service and path, or url"
        fix = "write service and path, or url alone"
        yield problem_at(item, at, "not one address", allowed, fix)
    names = [s.name for s in system.services if s.kind == "process"]
    if source.service is not None and source.service not in names:
        wrong, fix = "no service of kind process has this name", fix_name(source.service, names)
        yield wrong_value(item, f"{at}.service", wrong, listed(names), fix)
    if source.url is not None:
        yield from _url(source.url, item, f"{at}.url", ("http", "https"))
    if (source.pointer or source.next) and source.format != "json":
        wrong = "only a JSON document has a pointer"
        key = f"{at}.{'pointer' if source.pointer else 'next'}"
        yield wrong_value(item, key, wrong, "format: json", "write `format: json`")
    if source.next and source.page:
        yield wrong_value(item, f"{at}.page", "two ways of paging", "next or page", "remove one")


def _sql(url: str, item: Node, at: str) -> Iterator[Problem]:
    yield from _url(url, item, f"{at}.url", ("postgresql", "postgres"))


def _url(url: str, item: Node, key: str, schemes: tuple[str, ...]) -> Iterator[Problem]:
    bare = _VARIABLE.sub("x", url)
    try:
        parts = urlsplit(bare)
        sound = bool(parts.hostname) and parts.scheme in schemes and parts.port != 0
    except ValueError:
        sound = False
    if not sound and not _VARIABLE.fullmatch(url):
        allowed = f"{schemes[0]}://host:port"
        fix = f"write for example {schemes[0]}://127.0.0.1:8080"
        yield wrong_value(item, key, "not an address", allowed, fix, hidden=True)
    password = re.search(r"://[^/@]*:([^/@]+)@", url)
    if password and password[1] != "***" and not _VARIABLE.search(password[1]):
        wrong = "a password in a file that is stored with each run"
        fix = "put it into an environment variable and write ${NAME}"
        yield wrong_value(item, key, wrong, "${NAME}", fix, hidden=True)


def _checks(root: Node, system: System) -> Iterator[Problem]:
    seen = set[str]()
    tables = {table.name: table for table in system.tables}
    for index, (spec, item) in enumerate(zip(system.checks, _items(root, "checks"), strict=True)):
        at = f"checks[{index}]"
        yield from _one_of(item, at, "kind of check", _KINDS)
        if spec.called in seen:
            fix = "add `name:` with another name"
            yield wrong_value(item, at, f"two checks are called {spec.called}", "each once", fix)
        seen.add(spec.called)
        yield from _check(spec, item, at, tables)


def _check(spec: CheckSpec, item: Node, at: str, tables: dict[str, Table]) -> Iterator[Problem]:
    if spec.payments is not None:
        node = item.child("payments") or item
        for name, columns in PAYMENTS_COLUMNS.items():
            yield from _of_table(node, f"{at}.payments", (name, [*columns]), tables)
            for column in (each for each in columns if each in WHOLE):
                yield from _number(node, f"{at}.payments", (name, column), tables, ("integer",))
    if spec.effects is not None:
        it, place = spec.effects, f"{at}.effects"
        names = [*it.where, *it.unfinished, *it.equal]
        node = item.child("effects") or item
        yield from _of_table(node, place, (it.table, names), tables)
        table = tables.get(it.table)
        if table is not None and table.key is None:
            wrong = f"the table {it.table} declares no key column"
            yield wrong_value(
                node, f"{place}.table", wrong, "a table with `key`", "add `key:` to it"
            )
    if spec.double_entry is not None:
        books, place = spec.double_entry, f"{at}.double_entry"
        node = item.child("double_entry") or item
        names = [n for n in (books.transfer, books.account, books.amount, books.currency) if n]
        yield from _of_table(node, place, (books.table, names), tables)
        yield from _number(node, f"{place}.amount", (books.table, books.amount), tables)
        if books.accounts is not None:
            held, of = books.accounts, (node.child("accounts") or node)
            names = [n for n in (held.account, held.balance, held.currency) if n]
            yield from _of_table(of, f"{place}.accounts", (held.table, names), tables)
            at_balance = f"{place}.accounts.balance"
            yield from _number(of, at_balance, (held.table, held.balance), tables)


def _of_table(
    node: Node, at: str, wanted: tuple[str, list[str]], tables: dict[str, Table]
) -> Iterator[Problem]:
    name, columns = wanted
    table = tables.get(name)
    if table is None:
        fix = fix_name(name, tables)
        yield wrong_value(node, f"{at}.table", f"no table {name!r}", listed(tables), fix)
        return
    for column in columns:
        if column not in table.columns:
            wrong = f"the table {name} has no column {column!r}"
            fix = fix_name(column, table.columns)
            yield problem_at(node, at, wrong, listed(table.columns), fix)


def _number(
    node: Node,
    at: str,
    wanted: tuple[str, str],
    tables: dict[str, Table],
    kinds: tuple[str, ...] = ("integer", "decimal"),
) -> Iterator[Problem]:
    """An amount is a number of these types: a text could be read in more than one way."""
    name, column = wanted
    declared = tables[name].columns.get(column) if name in tables else None
    if declared is None or str(declared).removesuffix("?") in kinds:
        return
    wrong = f"the column {column!r} of {name} has the type {str(declared)!r}"
    yield problem_at(node, at, wrong, f"a column of type {listed(kinds)}", f"declare it {kinds[0]}")


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()
