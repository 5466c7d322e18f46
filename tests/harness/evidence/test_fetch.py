"""Evidence comes from whoever is ready, all sources at once, and never in part."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from msgspec import structs

from harness.evidence import fetch
from harness.evidence.declared import HttpSource, Table
from harness.evidence.fetch import FetchPlace, fetch_all
from harness.system import System
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock
from tests.support.safety_timeline import ListTimeline

WAIT_S = 10


def table(name: str, *, service: str, path: str) -> Table:
    """A table whose rows are not looked at."""
    return Table(name=name, columns={"row": "text"}, http=HttpSource(service=service, path=path))


def place(folder: Path) -> FetchPlace:
    """Everything in one folder."""
    return FetchPlace(folder=folder, system_folder=folder, environ={})


SYSTEM = System(
    name="toy",
    entry="payer>ledger",
    services=(),
    edges=(),
    tables=(
        table("entries", service="ledger", path="/entries"),
        table("accounts", service="ledger", path="/accounts"),
        table("charges", service="bank", path="/charges"),
    ),
)


class Ledger(BaseHTTPRequestHandler):
    """Says who it is; /entries and /accounts only once both are asked for, on any instance."""

    protocol_version = "HTTP/1.1"
    both = threading.Barrier(2)
    mood = ""
    versions: Iterator[str] = iter(())

    def do_HEAD(self) -> None:
        self.send_response(200)
        self._send_version()
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_version(self) -> None:
        version = next(self.versions, "")
        if version:
            self.send_header("Evidence-Version", version)

    def do_GET(self) -> None:
        if self.mood == "together":
            self.both.wait(WAIT_S)
        text = f"{self.headers['Host'].rpartition(':')[2]} {self.path}\n".encode()
        self.send_response(503 if self.mood == "ill" else 200)
        longer = 100 if self.mood == "breaks off" else 0
        self._send_version()
        self.send_header("Content-Length", str(len(text) + longer))
        if self.mood == "csv":
            self.send_header("Content-Type", "Text/CSV; charset=utf-8")
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        del format, args


class Ill(Ledger):
    mood = "ill"


class Breaking(Ledger):
    mood = "breaks off"


class Tabular(Ledger):
    mood = "csv"


class Together(Ledger):
    mood = "together"


@pytest.fixture
def opened() -> Iterator[list[ThreadingHTTPServer]]:
    """Servers that a test has started; they end with it."""
    servers: list[ThreadingHTTPServer] = []
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


def serve(opened: list[ThreadingHTTPServer], kind: type[Ledger]) -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    opened.append(server)
    return f"127.0.0.1:{server.server_address[1]}"


def target_of(**addresses: str) -> FakeTarget:
    target = FakeTarget(ManualClock(), *addresses)
    for name, address in addresses.items():
        service = name.rstrip("12").rstrip("_")
        target._change(name, service=service, address=address, state="ready")
    return target


def test_sources_of_one_service_are_asked_of_its_instances_in_turn_and_at_once(
    tmp_path: Path, opened: list[ThreadingHTTPServer]
) -> None:
    one, two = serve(opened, Together), serve(opened, Together)
    target = target_of(ledger_1=one, ledger_2=two, bank=serve(opened, Ledger))
    timeline = ListTimeline()
    assert fetch_all(SYSTEM, target, place(tmp_path), timeline) == ()
    said = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert said["entries.ndjson"] == f"{one.rpartition(':')[2]} /entries\n"
    assert said["accounts.ndjson"] == f"{two.rpartition(':')[2]} /accounts\n"
    assert [told.name for told in timeline.told] == ["entries", "accounts", "charges"]
    assert {told.data["missing"] for told in timeline.told} == {None}


@pytest.mark.parametrize("wrong", [Ill, Breaking])
def test_the_next_instance_is_asked_when_one_fails(
    wrong: type[Ledger], tmp_path: Path, opened: list[ThreadingHTTPServer]
) -> None:
    sound = serve(opened, Ledger)
    target = target_of(ledger_1=serve(opened, wrong), ledger_2=sound, bank=sound)
    assert fetch_all(SYSTEM, target, place(tmp_path), ListTimeline()) == ()
    port = sound.rpartition(":")[2]
    assert (tmp_path / "entries.ndjson").read_text() == f"{port} /entries\n"


def test_an_answer_is_kept_in_the_form_that_it_names(
    tmp_path: Path, opened: list[ThreadingHTTPServer]
) -> None:
    target = target_of(ledger_1=serve(opened, Tabular), bank=serve(opened, Ledger))
    assert fetch_all(SYSTEM, target, place(tmp_path), ListTimeline()) == ()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["accounts.csv", "charges.ndjson", "entries.csv"]


def test_what_nobody_can_give_leaves_no_file_and_is_told(
    tmp_path: Path, opened: list[ThreadingHTTPServer]
) -> None:
    breaking = serve(opened, Breaking)
    target = target_of(ledger_1=breaking, ledger_2=breaking, bank="127.0.0.1:1")
    target._change("bank", state="down")
    timeline = ListTimeline()
    missing = fetch_all(SYSTEM, target, place(tmp_path), timeline)
    assert missing[2] == "charges: no instance of bank is ready"
    assert [text.split(":")[0] for text in missing] == ["entries", "accounts", "charges"]
    assert list(tmp_path.iterdir()) == []
    assert all(told.data["missing"] for told in timeline.told)


def versioned(*versions: str, then: str = "") -> type[Ledger]:
    """A source that states these versions, one for each request, and then always the last one."""
    after = itertools.repeat(then) if then else iter(())

    class Versioned(Ledger):
        pass

    Versioned.versions = itertools.chain(versions, after)
    return Versioned


ONE = structs.replace(SYSTEM, tables=SYSTEM.tables[:1])


def test_tables_whose_sources_did_not_change_until_all_were_read_are_one_state(
    tmp_path: Path, opened: list[ThreadingHTTPServer]
) -> None:
    still = serve(opened, versioned(then="7"))
    target = target_of(ledger_1=still, bank=serve(opened, Ledger))
    timeline = ListTimeline()
    assert fetch_all(SYSTEM, target, place(tmp_path), timeline) == ()
    assert [told.data["state"] for told in timeline.told] == [
        "one state",
        "one state",
        "not stated",
    ]


def test_a_source_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, opened: list[ThreadingHTTPServer]
) -> None:
    target = target_of(ledger_1=serve(opened, versioned("1", "2", then="3")))
    timeline = ListTimeline()
    assert fetch_all(ONE, target, place(tmp_path), timeline) == ()
    assert timeline.told[0].data["state"] == "one state"
    assert (tmp_path / "entries.ndjson").exists()


def test_a_source_that_never_stops_changing_is_missing_evidence(
    tmp_path: Path, opened: list[ThreadingHTTPServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAUSE_S", 0.001)
    target = target_of(ledger_1=serve(opened, versioned(*map(str, range(99)))))
    missing = fetch_all(ONE, target, place(tmp_path), ListTimeline())
    assert missing == ("entries: it changed while the evidence was read",)
    assert not (tmp_path / "entries.ndjson").exists()
