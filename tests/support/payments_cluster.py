"""The reference system in a namespace of its own of the local test cluster, or the tests skip."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.system import SystemFiles
from tests.support.small_cluster import CONTEXT, Small, why_no_cluster

ROOT = Path(__file__).parents[2]
IMAGE = "squall.local/squall:1"


class Payments(Small):
    """The files of the checkout."""

    __slots__ = ()

    @property
    def files(self) -> SystemFiles:
        return SystemFiles(
            system=ROOT / "reference_services" / "system.yaml",
            deployment=ROOT / "deploy" / "kubernetes.yaml",
            target="kubernetes",
            place={"context": CONTEXT, "namespace": self.namespace},
        )


@contextmanager
def payments_system(folder: Path) -> Iterator[Payments]:
    """The system with the overlay `minimal`, up until the end of the block."""
    if why := why_no_cluster() or why_no_image():
        pytest.skip(why)
    (folder / "state").mkdir(mode=0o700)
    up = Payments(folder=folder, namespace=f"squall-test-{secrets.token_hex(4)}")
    try:
        up.lifecycle.begin()
        up.lifecycle.wait_ready()
        yield up
    finally:
        up.lifecycle.remove()


def why_no_image() -> str:
    """Why pods of ours cannot start there; "" if they can."""
    words = ("kubectl", "--context", CONTEXT, "get", "nodes", "-o", "jsonpath={..names}")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    return "" if IMAGE in done.stdout else f"the cluster has no image {IMAGE}"
