"""The example for the locust-k8s-operator has the fields of its resource, and its words work."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from harness.python_child import CHECKOUT
from tests.support.load_runs import free_port, until
from tests.support.load_server import LoadServer

EXAMPLE = CHECKOUT / "deploy" / "ci" / "locust-operator.yaml"
INSIDE = "/opt/squall"  # the checkout in the image


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `locust.io/v2` as config/crd/bases/locust.io_locusttests.yaml has them.

    Read at commit 23763dd52e0ce4afb313c5ad5b0ab835614ffaf4 of its repository:
    names, types and ranges of all fields of master and worker; the further groups by name.
    """


class Resources(Strict, frozen=True):
    limits: dict[str, int | str] = {}
    requests: dict[str, int | str] = {}


class Autoquit(Strict, frozen=True):
    enabled: bool
    timeout: Annotated[int, msgspec.Meta(ge=0)] = 60


class Node(Strict, frozen=True, kw_only=True):
    command: str
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}
    extraArgs: list[str] = []  # noqa: N815  # its name there
    resources: Resources = Resources()


class Master(Node, frozen=True, kw_only=True):
    autostart: bool = True
    autoquit: Autoquit = Autoquit(enabled=True)


class Worker(Node, frozen=True, kw_only=True):
    replicas: Annotated[int, msgspec.Meta(ge=1, le=500)]


class Spec(Strict, frozen=True, kw_only=True, rename="camel"):
    image: str
    master: Master
    worker: Worker
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    image_pull_secrets: list[dict[str, str]] = []
    env: dict[str, object] = {}
    test_files: dict[str, str] = {}
    scheduling: dict[str, object] = {}
    volumes: list[dict[str, object]] = []
    volume_mounts: list[dict[str, object]] = []
    observability: dict[str, object] = {}


class LocustTest(Strict, frozen=True, rename="camel"):
    api_version: Literal["locust.io/v2"]
    kind: Literal["LocustTest"]
    metadata: dict[str, str]
    spec: Spec


def example() -> Spec:
    return msgspec.convert(yaml.safe_load(EXAMPLE.read_text()), LocustTest).spec


def words_here(command: str) -> list[str]:
    """The words of a command with the files of this checkout."""
    words = [word.replace(INSIDE, str(CHECKOUT)) for word in shlex.split(command)]
    assert Path(words[words.index("--locustfile") + 1]).is_file()
    return [sys.executable, "-m", "locust", *words]


@contextmanager
def started(words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(words, cwd=CHECKOUT, stdout=-3, stderr=-3)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_example_has_only_fields_that_the_resource_has() -> None:
    spec = example()
    assert spec.worker.replicas > 1
    assert spec.master.autoquit.enabled


def test_its_master_and_workers_start_each_payment_of_the_curve_once() -> None:
    spec, port = example(), free_port()
    at = f"--master-port={port}"
    with LoadServer() as server:
        command = spec.master.command.replace("http://gateway:8080", server.url)
        command = command.replace("75s", "4s")
        # What the operator adds to the words of the example.
        added = ["--master", at, f"--expect-workers={spec.worker.replicas}", "--autostart"]
        added += ["--autoquit", "0", "--enable-rebalancing", "--only-summary"]
        here = ["--master-bind-port", str(port), "--web-port", str(free_port())]
        worker = [*words_here(spec.worker.command), "--worker", at, "--master-host=127.0.0.1"]
        with (
            started([*words_here(command), *added, *here]) as master,
            started(worker) as first,
            started(worker) as second,
        ):
            until(lambda: None not in (master.poll(), first.poll(), second.poll()), 30)
    numbers = sorted(int(key.rpartition("-")[2]) for key in server.keys)
    assert len(numbers) > 100
    assert set(server.keys.values()) == {1}
    # The end of the test cuts what is under way then; the first half was over long before.
    half = len(numbers) // 2
    assert numbers[:half] == list(range(half))
