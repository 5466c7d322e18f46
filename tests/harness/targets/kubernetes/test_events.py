"""A broken watch is begun again, and the changes in between are reported."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from harness.targets.kubernetes.changes import PodChanges
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.events import follow
from harness.targets.kubernetes.place import Place, ServicePlace
from tests.support.target_timeline import HeardTimeline
from tests.support.target_waiting import until


def pod(name: str, uid: str, *, ready: bool = True, restarts: int = 0) -> dict[str, Any]:
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"name": "web", "restartCount": restarts}],
    }
    labels = {"app.kubernetes.io/name": "web"}
    metadata = {"name": name, "uid": uid, "labels": labels, "resourceVersion": "5"}
    return {"metadata": metadata, "status": status}


class Api(BaseHTTPRequestHandler):
    """The first watch breaks in the middle of a line; the second list is another one."""

    lists = 0
    over = threading.Event()

    def do_GET(self) -> None:  # the library's name
        pods = "/pods" in self.path
        if "watch=1" in self.path:
            self.watch(broken=pods and Api.lists == 1)
            return
        Api.lists += pods
        first = [pod("web-a", "1"), pod("web-b", "2")]
        later = [pod("web-a", "1", ready=False, restarts=1), pod("web-c", "3")]
        items = (first if Api.lists == 1 else later) if pods else []
        raw = json.dumps({"metadata": {"resourceVersion": "5"}, "items": items}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def watch(self, *, broken: bool) -> None:
        self.send_response(200)
        self.end_headers()
        if broken:
            line = {"type": "MODIFIED", "object": pod("web-a", "1", ready=False)}
            self.wfile.write(json.dumps(line).encode() + b'\n{"type": "MODI')
            error = {"type": "ERROR", "object": {"code": 410}}
            self.wfile.write(b'FIED", "object": {}}\n' + json.dumps(error).encode() + b"\n")
        else:
            Api.over.wait(20)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        ],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    web = ServicePlace(name="web", selector="app.kubernetes.io/name=web", container="web")
    place = Place(context="test", namespace="shop", system="shop", services=(web,))
    yield Cluster(place, Connection("test", str(path)))
    Api.over.set()
    server.shutdown()
    server.server_close()


def test_what_changed_while_a_watch_was_broken_is_reported(cluster: Cluster) -> None:
    timeline = HeardTimeline()
    stop = follow(cluster, timeline)
    until(lambda: "web-c" in [event.name for event in timeline.events])
    stop()
    told = [(e.kind, e.name, e.data.get("state", e.data.get("count"))) for e in timeline.events]
    assert [t for t in told if t[1] == "web-a"] == [
        ("instance", "web-a", "ready"),
        ("instance", "web-a", "unready"),
        ("restarted", "web-a", 1),
    ]
    assert ("instance", "web-b", "down") in told
    assert ("instance", "web-c", "ready") in told
    kinds = [event.kind for event in timeline.events if event.name == "pods"]
    assert kinds == ["watch_broken", "watch_resumed"]
    assert {e.data["uid"] for e in timeline.events if e.name == "web-c"} == {"3"}


def test_a_pod_of_the_load_is_told_as_a_worker_and_not_as_an_instance() -> None:
    timeline = HeardTimeline()
    worker = pod("squall-load-0-a", "7")
    worker["metadata"]["labels"]["squall.dev/load"] = "worker"
    changes = PodChanges(Place(context="test", namespace="shop", system="shop"), timeline)
    for change in ("ADDED", "DELETED"):
        changes.changed(change, msgspec.Raw(json.dumps(worker).encode()))
    told = [(e.source, e.kind, e.name, e.data["state"]) for e in timeline.events]
    assert told == [
        ("load", "worker", "squall-load-0-a", "ready"),
        ("load", "worker", "squall-load-0-a", "down"),
    ]
