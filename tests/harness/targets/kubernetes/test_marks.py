"""Marks of faults on objects: what undoes them, and when somebody else has to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.targets.kubernetes.cleaner.expiry import Expiry, Marked
from harness.targets.kubernetes.marks import (
    DEADLINE,
    OBJECT_LEASE_S,
    OWNER,
    label_value,
    lease_of,
    marked,
    renewed,
    undo_of,
)
from harness.targets.kubernetes.objects import Meta

SCALED = {"spec": {"replicas": 0}}
BACK = {"spec": {"replicas": 2}}


def annotations_of(patch: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = patch["metadata"]["annotations"]
    return found


def test_the_undo_of_a_change_takes_it_and_every_mark_back() -> None:
    patch = marked(SCALED, BACK, "a run: 2026/11/30")
    undo = undo_of(annotations_of(patch))
    assert patch["spec"] == SCALED["spec"]
    assert undo is not None
    assert undo["spec"] == BACK["spec"]
    assert undo["metadata"]["labels"] == {OWNER: None}
    assert undo["metadata"]["annotations"] == dict.fromkeys(annotations_of(patch))


def test_an_object_that_the_fault_has_created_is_deleted() -> None:
    created = marked({"kind": "NetworkPolicy", "metadata": {"name": "cut"}}, "delete", "run")
    assert undo_of(annotations_of(created)) is None
    assert created["metadata"]["name"] == "cut"


@pytest.mark.parametrize("text", ["", "delete", "[1]", "{", '"x"'])
def test_what_cannot_be_understood_is_no_change(text: str) -> None:
    assert undo_of({"squall.dev/undo": text}) is None


@pytest.mark.parametrize("text", ["", "nan", "-1", "0", "1e9", "soon"])
def test_a_senseless_lease_is_the_usual_one(text: str) -> None:
    assert lease_of({"squall.dev/lease-s": text}) == OBJECT_LEASE_S


@pytest.mark.parametrize("text", ["", "é", "a" * 200, "run/ledger killed", "-.x.-"])
def test_every_owner_becomes_a_label(text: str) -> None:
    value = label_value(text)
    assert 0 < len(value) <= 63
    assert value.isascii()
    assert value[0].isalnum()
    assert value[-1].isalnum()


def one(deadline: str, uid: str = "u") -> Marked:
    annotations = {DEADLINE: deadline, "squall.dev/lease-s": "10"}
    return Marked("/x", Meta(name="x", uid=uid, annotations=annotations))


def test_only_what_is_not_renewed_for_its_lease_expires() -> None:
    expiry = Expiry()
    assert not expiry.expired([one("1"), one("1", "other")], 0)
    assert not expiry.expired([one("2"), one("1", "other")], 9)
    assert [m.metadata.uid for m in expiry.expired([one("2"), one("1", "other")], 10)] == ["other"]
    assert not expiry.expired([one("2")], 18.9)
    assert [m.metadata.uid for m in expiry.expired([one("2")], 19)] == ["u"]


def test_the_harness_s_clock_does_not_matter() -> None:
    expiry = Expiry()
    assert not expiry.expired([one("1970-01-01T00:00:00Z")], 0)
    assert not expiry.expired([one("2970-01-01T00:00:00Z")], 5)
    assert expiry.expired([one("2970-01-01T00:00:00Z")], 15)


def test_a_new_object_of_the_same_name_begins_anew() -> None:
    expiry = Expiry()
    expiry.expired([one("1")], 0)
    assert not expiry.expired([one("1", "another uid")], 11)


def test_a_renewal_moves_the_deadline_alone() -> None:
    assert list(annotations_of(json.loads(json.dumps(renewed())))) == [DEADLINE]
