"""Nothing of a fault is left when its harness dies and its namespace is being deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run.heal import heal
from harness.timeline import NoTimeline
from tests.support.dying_harness import await_ready, inject_and_die
from tests.support.payments_cluster import Payments, payments_system
from tests.support.small_cluster import until


def test_faults_are_gone_with_their_namespace_and_their_node_is_opened(tmp_path: Path) -> None:
    with payments_system(tmp_path) as up:
        await_ready(up)
        if len(up.kubectl("get", "nodes", "-o", "name").split()) == 1:
            pytest.skip("a drain needs a second node: the disruption budgets keep one pod on each")
        payments, ledger = (one_of(up, service) for service in ("payments", "ledger"))
        inject_and_die(up, "errors,pause,cut,drain", payments, ledger)
        up.kubectl("delete", "namespace", up.namespace, "--wait=false")
        early = heal(up.state, None, NoTimeline())
        assert {r.kind for r in early.records if r.undone} >= {"uncordon"}, early.failures
        assert until(lambda: up.namespace not in namespaces(up), 120)
        report = heal(up.state, None, NoTimeline())
        assert report.cleared, report.failures
        closed = up.kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}")
        assert closed.strip() == ""


def one_of(up: Payments, service: str) -> str:
    return next(i.name for i in up.target().instances() if i.service == service)


def namespaces(up: Payments) -> str:
    return up.kubectl("get", "namespaces", "-o", "name")
