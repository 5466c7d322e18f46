"""A small shop for the tutorial: it stores orders in SQLite, each key once.

`python server.py PORT FOLDER`. POST /orders {"key": ..., "amount_minor": ...} answers 201, and 200
if the key is stored already. GET /orders answers one JSON document a line.
"""

import json
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

INSERT = "INSERT INTO orders (key, amount_minor) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"


class Shop(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    database: sqlite3.Connection
    lock = threading.Lock()

    def do_GET(self) -> None:  # the name that http.server calls
        """List the orders."""
        with self.lock:
            rows = self.database.execute("SELECT key, amount_minor FROM orders").fetchall()
        lines = [json.dumps({"key": key, "amount_minor": amount}) for key, amount in rows]
        self._answer(200, "".join(f"{line}\n" for line in lines))

    def do_POST(self) -> None:  # as above
        """Store an order."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock, self.database:
            stored = self.database.execute(INSERT, (order["key"], order["amount_minor"])).rowcount
        self._answer(201 if stored else 200, "{}")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Write no line for each request."""


def main() -> None:
    """Serve until the process is ended."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    Shop.database = sqlite3.connect(folder / "shop.sqlite", check_same_thread=False)
    Shop.database.execute("PRAGMA journal_mode = WAL")
    create = "CREATE TABLE IF NOT EXISTS orders (key TEXT PRIMARY KEY, amount_minor INTEGER)"
    Shop.database.execute(create)
    ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()


if __name__ == "__main__":
    main()
