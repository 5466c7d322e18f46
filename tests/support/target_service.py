"""A tiny service for tests of targets: counts requests, returns its name, logs an event.

Environment: PORT, INSTANCE, SQUALL_DEFECT (shown back), DOWNSTREAM (an address, shown back).
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    posts = 0

    def do_GET(self) -> None:
        if self.path == "/event":
            self._say_event()
        if self.path == "/die":
            os._exit(3)
        shown = {
            "instance": os.environ["INSTANCE"],
            "pid": os.getpid(),
            "posts": Handler.posts,
            "nice": os.nice(0),
            "env": dict(os.environ),
        }
        self._answer(200, shown)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        Handler.posts += 1
        self._answer(201, {"instance": os.environ["INSTANCE"], "posts": Handler.posts})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        del format, args

    def _answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("X-Secret", "of the answer")
        self.end_headers()
        self.wfile.write(raw)

    def _say_event(self) -> None:
        line = {
            "event": "breaker",
            "name": "front>back",
            "mono_ns": time.monotonic_ns(),
            "wall_ns": time.time_ns(),
            "before": "closed",
            "after": "open",
        }
        sys.stdout.write('{"msg": "noise"}\n' + json.dumps(line) + "\n")
        sys.stdout.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    if Path(os.environ.get("REFUSE_TO_START", "")).is_file():
        sys.exit("told not to start")
    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
