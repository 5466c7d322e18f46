"""Declared tables from HTTP pages, from PostgreSQL and from commands: whole, or missing by name."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from harness.evidence.declared import Table
from harness.evidence.fetch import FetchPlace, fetch_all
from harness.evidence.tables import store_evidence
from harness.store import RunFolder
from harness.system import System
from reports.inputs.evidence_tables import read_evidence
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock
from tests.support.postgres_server import PostgresServer
from tests.support.safety_timeline import ListTimeline

ROWS = [{"id": f"k-{number}", "total": number} for number in range(5)]
COLUMNS = {"id": "text", "total": "integer"}
Source = Mapping[str, object]


def wait_until(condition: Callable[[], bool], most_s: float = 10) -> None:
    """Fails if it does not become true."""
    never, end_s = threading.Event(), time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < end_s
        never.wait(0.01)


class Shop(BaseHTTPRequestHandler):
    """The same five rows, two a page, in several ways of paging."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        number = int(query.rpartition("=")[2] or 1)
        part = ROWS[2 * number - 2 : 2 * number]
        following = f"/next?p={number + 1}" if number < 3 else None
        documents: dict[str, object] = {
            "/next": {"data": {"items": part}, "links": {"next": following}},
            "/pages": part,
            "/deaf": ROWS[:2],
            "/circle": {"items": ROWS[:1], "next": "/circle"},
            "/elsewhere": {"items": ROWS[:1], "next": "http://127.0.0.1:1/next"},
            "/secret": ROWS if self.headers["Authorization"] == "Bearer of-the-test" else [],
        }
        body = json.dumps(documents[path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        del format, args


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("postgres") / "data")
    server.create()
    server.start()
    yield server
    server.stop()


def fetched(
    root: Path, *sources: Source, environ: Mapping[str, str] | None = None
) -> tuple[RunFolder, tuple[str, ...], tuple[Table, ...]]:
    """The run's folder, what is missing, and the tables `t0`, `t1` and so on."""
    tables = tuple(
        msgspec.convert({"name": f"t{n}", "key": "id", "columns": COLUMNS, **source}, Table)
        for n, source in enumerate(sources)
    )
    folder = RunFolder(root / "run")
    folder.create()
    system = System(name="toy", entry="a>b", services=(), edges=(), tables=tables)
    place = FetchPlace(folder=folder.evidence_folder, system_folder=root, environ=environ or {})
    missing = fetch_all(system, FakeTarget(ManualClock()), place, ListTimeline())
    assert store_evidence(folder, tables) == ()
    return folder, missing, tables


def totals(root: Path, *sources: Source, environ: Mapping[str, str] | None = None) -> list[int]:
    """The rows of the first table as the judge reads them."""
    folder, missing, tables = fetched(root, *sources, environ=environ)
    assert missing == ()
    found: list[int] = (
        read_evidence(folder, tables, "k").ask("select total from t0 order by row")["total"]
    ).tolist()
    return found


@pytest.mark.parametrize(
    "source",
    [
        {"url": "/next", "pointer": "/data/items", "next": "/links/next"},
        {"url": "/pages", "page": "p"},
    ],
    ids=["next link", "page parameter"],
)
def test_all_pages_of_a_list_are_one_table(
    source: dict[str, str], shop: str, tmp_path: Path
) -> None:
    http = {**source, "url": shop + source["url"], "format": "json"}
    assert totals(tmp_path, {"http": http}) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"url": "/deaf", "page": "p"}, "the server ignores 'p'"),
        ({"url": "/circle", "pointer": "/items", "next": "/next"}, "leads back"),
        ({"url": "/elsewhere", "pointer": "/items", "next": "/next"}, "on another server"),
        ({"url": "/pages", "page": "p", "pages_max": 2}, "more than 2 pages"),
        ({"url": "/pages", "pointer": "/rows"}, "no list at /rows"),
    ],
)
def test_pages_that_do_not_end_or_lead_astray_are_missing_evidence(
    source: dict[str, object], why: str, shop: str, tmp_path: Path
) -> None:
    http = {**source, "url": f"{shop}{source['url']}", "format": "json"}
    folder, missing, _ = fetched(tmp_path, {"http": http})
    assert len(missing) == 1
    assert why in missing[0]
    assert list(folder.evidence_folder.iterdir()) == []


def test_a_secret_comes_from_the_environment_when_the_table_is_fetched(
    shop: str, tmp_path: Path
) -> None:
    headers = {"Authorization": "Bearer ${SHOP_TOKEN}"}
    source = {"http": {"url": f"{shop}/secret", "format": "json", "headers": headers}}
    environ = {"SHOP_TOKEN": "of-the-test"}
    assert totals(tmp_path / "set", source, environ=environ) == [0, 1, 2, 3, 4]
    _, missing, _ = fetched(tmp_path / "unset", source)
    assert missing == ("t0: the environment has no variable SHOP_TOKEN",)


def test_sql_tables_of_one_address_are_one_snapshot(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Another client adds a row while the second query runs: neither table has it."""
    url = postgres.database("snapshot")
    postgres.psql("snapshot", "create table o (id text, total bigint)")
    postgres.psql("snapshot", "insert into o values ('a\nb', 1)")
    read = tmp_path / "run/evidence/t0.ndjson"

    def change() -> None:
        wait_until(lambda: read.exists() and read.stat().st_size > 0)
        postgres.psql("snapshot", "insert into o values ('late', 2)")

    client = threading.Thread(target=change)
    client.start()
    slow = "select id, total from (select pg_sleep(1) as x, o.* from o) q"
    queries = ("select id, total from o;", slow)
    sources = [{"key": None, "sql": {"url": url, "query": query}} for query in queries]
    folder, missing, tables = fetched(tmp_path, *sources)
    client.join()
    assert missing == ()
    evidence = read_evidence(folder, tables, "k")
    for query in ("select id from t0", "select id from t1"):
        assert evidence.ask(query)["id"].tolist() == ["a\nb"]
    assert postgres.psql("snapshot", "select count(*) from o") == "2"


def test_a_query_cannot_write(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.database("reads")
    postgres.psql("reads", "create table o as select 'k' as id, 1::bigint as total")
    drop = "with gone as (delete from o returning *) select * from gone"
    _, missing, _ = fetched(tmp_path, {"sql": {"url": url, "query": drop}})
    assert len(missing) == 1
    assert postgres.psql("reads", "select count(*) from o") == "1"


def test_a_database_that_does_not_answer_and_a_wrong_query_are_missing_evidence(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.database("wrong")
    sources = [
        {"sql": {"url": url, "query": "select id from nowhere"}},
        {"sql": {"url": "postgresql://app@127.0.0.1:1/x", "query": "select 1"}},
        {"sql": {"url": url, "query": "select 'k' as id, 7 as total"}},
    ]
    folder, missing, _ = fetched(tmp_path, *sources)
    assert [text.split(":")[0] for text in missing] == ["t0", "t1"]
    assert "nowhere" in missing[0]
    assert [path.name for path in folder.evidence_folder.iterdir()] == ["t2.parquet"]


def command(*words: str, **more: object) -> Source:
    return {"command": {"run": words, **more}}


def test_a_command_prints_rows_with_the_environment_that_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("total,id\n7,k-0\n8,k-1\n")
    source = command("sh", "-c", 'test "$PASS" = s3 && cat rows.csv', env={"PASS": "${P}"})
    source = {"command": {**dict(source["command"]), "format": "csv"}}  # type: ignore[call-overload]  # a mapping
    assert totals(tmp_path, source, environ={"P": "s3"}) == [7, 8]


@pytest.mark.parametrize(
    ("words", "more", "why"),
    [
        (("sh", "-c", "echo broken pipe >&2; exit 3"), {}, "exit code 3: broken pipe"),
        (("sh", "-c", "sleep 60"), {"timeout_s": 0.2}, "not done within 0.2 s"),
        (("sh", "-c", "yes"), {"max_bytes": 1000}, "more than 1,000 bytes"),
        (("no-such-program",), {}, "no-such-program: No such file"),
    ],
)
def test_a_command_that_fails_or_passes_a_limit_is_missing_evidence(
    words: tuple[str, ...], more: dict[str, object], why: str, tmp_path: Path
) -> None:
    folder, missing, _ = fetched(tmp_path, command(*words, **more))
    assert len(missing) == 1
    assert why in missing[0]
    assert list(folder.evidence_folder.iterdir()) == []


def test_the_children_of_a_command_end_with_it(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; sleep 60"
    fetched(tmp_path, command("sh", "-c", script, timeout_s=0.3))
    child = int((tmp_path / "child").read_text())
    stat = Path(f"/proc/{child}/stat")
    wait_until(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX")
