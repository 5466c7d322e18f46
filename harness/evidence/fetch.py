"""Fetches the tables of the system file into the run.

One state of the whole system: an HTTP source may send the header `Evidence-Version`, read before
its first row and different after every change of its rows. When all tables were fetched, each
version is asked for again (HEAD). If none has changed, every table is the state of that same
moment. Else all is fetched again, a few times; a source that still changes is missing evidence. SQL
tables of one address are one snapshot. The timeline says of each table whether its rows are `one
state`, `one snapshot`, or that the source does not say so.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.evidence import command_rows, sql_rows
from harness.evidence.declared import HttpSource, SqlSource, Table
from harness.evidence.http_rows import HttpRows
from harness.store import FORMS
from harness.system import System
from harness.targets.base import Instances
from harness.targets.records import InstanceStatus
from harness.timeline import Timeline

MAX_AT_ONCE: Final = 8
ROUNDS: Final = 4  # a system that is still finishing its last requests gets this many
PAUSE_S: Final = 0.5
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
Snapshots = dict[str, Future[dict[str, str]]]
_ERRORS: Final = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlace:
    """Where tables go, and the folder of the system file, in which commands run."""

    folder: Path
    system_folder: Path
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """The outcome of one table: why it could not be read, or from where and in which version."""

    why: str = ""
    address: str = ""
    version: str = ""
    state: str = "not stated"


class _Round:
    """One attempt to fetch all tables at once."""

    def __init__(self, tables: tuple[Table, ...], ready: tuple[InstanceStatus, ...]) -> None:
        self._tables, self._ready = tables, ready
        self._turns, self._given_up = Counter[str](), threading.Event()

    def fetch(self, place: FetchPlace) -> list[_Got]:
        """The outcome of each table, in their order."""
        with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
            snapshots = self._snapshots(pool, place)
            answers = [self._begin(pool, table, place, snapshots) for table in self._tables]
            try:
                return [answer() for answer in answers]
            except BaseException:  # a stop does not wait for a long answer
                self._given_up.set()
                raise

    def _snapshots(self, pool: ThreadPoolExecutor, place: FetchPlace) -> Snapshots:
        """One reader for each database."""
        by_url: dict[str, dict[str, SqlSource]] = {}
        for table in self._tables:
            if table.sql is not None:
                by_url.setdefault(table.sql.url, {})[table.name] = table.sql
        return {url: pool.submit(_read_sql, url, sources, place) for url, sources in by_url.items()}

    def _begin(
        self,
        pool: ThreadPoolExecutor,
        table: Table,
        place: FetchPlace,
        snapshots: Snapshots,
    ) -> Callable[[], _Got]:
        if table.sql is not None:
            snapshot = snapshots[table.sql.url]
            return lambda: _Got(why=snapshot.result().get(table.name, ""), state="one snapshot")
        if table.http is None:
            return pool.submit(_run_command, table, place).result
        service = table.http.service or ""
        turn = self._turns[service]
        self._turns[service] += 1
        return pool.submit(self._fetch_from_any, table, table.http, turn, place).result

    def _fetch_from_any(
        self, table: Table, source: HttpSource, turn: int, place: FetchPlace
    ) -> _Got:
        """Ask one instance after the other until one answers. `turn` chooses the first."""
        try:
            rows = HttpRows(source, _expanded(source.headers, place.environ), self._given_up)
            addresses = self._addresses(source, turn, place)
        except ValueError as error:
            return _Got(why=str(error))
        why = f"no instance of {source.service} is ready"
        for name, address in addresses:
            try:
                found = rows.write(address, place.folder / table.name)
            except _ERRORS as error:
                why = f"{name}: {error or type(error).__name__}"
            else:
                state = "one state" if found.version else "not stated"
                return _Got(address=address, version=found.version, state=state)
        return _Got(why=why)

    def _addresses(self, source: HttpSource, turn: int, place: FetchPlace) -> list[tuple[str, str]]:
        if source.url is not None:
            return [("url", expand(source.url, place.environ))]
        able = [it for it in self._ready if it.service == source.service]
        turn %= max(len(able), 1)
        return [(it.name, f"http://{it.address}{source.path}") for it in able[turn:] + able[:turn]]


def fetch_all(
    system: System, target: Instances, place: FetchPlace, timeline: Timeline
) -> tuple[str, ...]:
    """Write `<folder>/<table>.<form>` for each table; returns which could not be read, and why.

    All tables are fetched at once, each of a service from another of its instances first. A table
    that fails, or changes while the others are read, leaves no file: the judge then says that
    evidence is missing.
    """
    ready = tuple(i for i in target.instances() if i.state == "ready")
    missing = []
    for table, got in zip(system.tables, _of_one_state(system, ready, place), strict=True):
        if got.why:
            missing.append(f"{table.name}: {got.why}")
            _forget(table, place.folder)
        state = None if got.why else got.state
        service = table.http.service or "" if table.http is not None else ""
        timeline.tell("run", "evidence", table.name, service, missing=got.why or None, state=state)
    return tuple(missing)


def expand(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text with `${NAME}` replaced by the environment. Raises ValueError for an unset one."""
    for name in _VARIABLE.findall(text):
        if name not in environ:
            raise ValueError(f"the environment has no variable {name}")
    return _VARIABLE.sub(lambda found: environ[found[1]], text)


def _expanded(values: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    return {name: expand(value, environ) for name, value in values.items()}


def _of_one_state(
    system: System, ready: tuple[InstanceStatus, ...], place: FetchPlace
) -> list[_Got]:
    now: list[_Got] = []
    for attempt in range(ROUNDS):
        if attempt:
            time.sleep(PAUSE_S)
        found = _Round(system.tables, ready).fetch(place)
        now = [_unchanged(it, got, place) for it, got in zip(system.tables, found, strict=True)]
        if all(a.why == b.why for a, b in zip(found, now, strict=True)):
            break
    return now


def _unchanged(table: Table, got: _Got, place: FetchPlace) -> _Got:
    """The same if the source still has that version, or states none; else why not."""
    if got.why or not got.version or table.http is None:
        return got
    try:
        headers = _expanded(table.http.headers, place.environ)
        version = HttpRows(table.http, headers, threading.Event()).version(got.address)
    except _ERRORS as error:
        return replace(got, why=f"its version cannot be read again: {error}")
    if version != got.version:
        return replace(got, why="it changed while the evidence was read")
    return got


def _read_sql(url: str, sources: Mapping[str, SqlSource], place: FetchPlace) -> dict[str, str]:
    try:
        return sql_rows.write_tables(expand(url, place.environ), sources, place.folder)
    except ValueError as error:
        return dict.fromkeys(sources, str(error))


def _run_command(table: Table, place: FetchPlace) -> _Got:
    if table.command is None:
        return _Got(why="the table has no source")
    try:
        env = _expanded(table.command.env, place.environ)
    except ValueError as error:
        return _Got(why=str(error))
    stem = place.folder / table.name
    return _Got(why=command_rows.write_rows(table.command, env, place.system_folder, stem))


def _forget(table: Table, folder: Path) -> None:
    for form in FORMS:
        (folder / f"{table.name}.{form}").unlink(missing_ok=True)
