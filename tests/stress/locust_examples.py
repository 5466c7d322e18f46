"""Runs examples of Locust itself, each against a server on loopback: `make locust-examples`.

`python -m tests.stress.locust_examples [--only basic.py] [--load-s 6]`

Each file of locust_examples.yaml is checked as `validate` checks it and run closed-loop by the
generator with three users. Exit code 1 if one does not end as the file says.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Final

import msgspec
import yaml

from harness.errors import HarnessError
from harness.load.check import Build
from harness.load.generator import Generator
from tests.support.load_runs import attempts_of, begin, folder_of, plan_of

EXAMPLES: Final = Path(__file__).with_suffix(".yaml")
RECORDED, SILENT = "recorded", "silent"
END_S: Final = 20.0


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file, and how it ends: recorded, silent, or a word of its refusal."""

    result: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one example did. `answered`: requests that the server saw."""

    refused: str = ""
    intents: int = 0
    attempts: int = 0
    outside: int = 0
    answered: int = 0

    def ended_as(self, result: str) -> bool:
        """Whether that is what the file says: no answered request may be without a record."""
        if result == RECORDED:
            return self.attempts > 0 and self.attempts + self.outside >= self.answered
        if result == SILENT:
            return not self.refused and self.answered == 0
        return result in self.refused

    def __str__(self) -> str:
        if self.refused:
            return self.refused[:120]
        seen = f"{self.intents} intents, {self.attempts} records, {self.outside} outside of tasks"
        return f"{seen}, {self.answered} at the server"


class Answers(BaseHTTPRequestHandler):
    """Answers each request with an empty JSON object, and counts it."""

    protocol_version = "HTTP/1.1"
    count: ClassVar[int] = 0
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with Answers.lock:
            Answers.count += 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_PUT = do_GET  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        del format, args


class Server(ThreadingHTTPServer):
    """Its threads end with the process; an aborted connection is ignored."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address


def run_example(file: Path, host: str, load_s: float) -> Ran:
    """Check the file and run it."""
    wrong = Build(str(file), load_s).data().wrong
    if wrong:
        return Ran(refused=wrong)
    Answers.count = 0
    with tempfile.TemporaryDirectory() as place:
        folder = folder_of(Path(place))
        plan = msgspec.structs.replace(
            plan_of(folder, host, load_s), scenario=str(file), users=3, spawn_rate=3
        )
        try:
            with Generator.start(plan, folder) as generator:
                begin(generator)
                done = generator.wait_done(load_s + END_S)
        except HarnessError as error:
            return Ran(refused=str(error))
        attempts = attempts_of(folder)
        return Ran(
            intents=len({attempt.intent for attempt in attempts}),
            attempts=len(attempts),
            outside=sum(each.outside for each in done),
            answered=Answers.count,
        )


def main() -> int:
    """Run all of them, a line each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--load-s", type=float, default=6.0)
    given = parser.parse_args()
    examples = msgspec.convert(yaml.safe_load(EXAMPLES.read_text()), dict[str, Example])
    server = Server(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = os.environ["API_HOST"] = f"http://127.0.0.1:{server.server_address[1]}"
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        for name, example in examples.items():
            if given.only not in name:
                continue
            file = Path(place, name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(example.text)
            ran = run_example(file, host, given.load_s)
            fits = ran.ended_as(example.result)
            wrong += not fits
            sys.stdout.write(f"{'ok  ' if fits else 'NOT '} {name:38} {example.result}: {ran}\n")
            sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
