"""Likely causes: named by the records and the fault; three at most; none on PASS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.mutants.catalogue import read_catalogue
from reports.verdict.findings import Findings
from reports.verdict.judge import judge
from reports.verdict.likely import likely_causes
from reports.verdict.likely_rules import BY_FAULT, BY_RECORDS
from tests.support.runs_builder import sound_run

ROOT = Path(__file__).parents[3]
ASKED = "asked: payer-1 -> merchant-1 9,660 EUR"
PAID = "payments: captured payer-1 -> merchant-1 9,660 EUR"
CHARGED = "bank: charged 9,660 EUR"
HELD = "hold payer-1 -9,660 EUR, hold held:payer-1 9,660 EUR"
LEDGER = f"ledger: {HELD}"


def proof(*parts: str) -> str:
    return "; ".join(parts)


@pytest.mark.parametrize(
    ("kind", "records", "part"),
    [
        ("doubled", proof(ASKED, f"{PAID}, captured x 9,660 EUR", CHARGED), "unique keys"),
        (
            "doubled",
            proof(ASKED, PAID, f"{CHARGED}, charged 9,660 EUR", f"{LEDGER}, {HELD}"),
            "keys shared by all replicas",
        ),
        ("doubled", proof(ASKED, PAID, f"{CHARGED}, charged 9,660 EUR", LEDGER), ">bank: keys"),
        ("doubled", proof(ASKED, PAID, CHARGED, f"{LEDGER}, {HELD}"), "transfer ids"),
        (
            "left_on_hold",
            proof(ASKED, "payments: declined x 1 EUR", "bank: declined 1 EUR", LEDGER),
            "compensation",
        ),
        ("ghost", proof(ASKED, "payments: declined x 1 EUR", CHARGED), "lost answers"),
        ("amounts_differ", proof(ASKED, PAID, "bank: charged 9,659 EUR", LEDGER), ">bank: amounts"),
        ("unbalanced", "entries: hold x 1 EUR", "both entries"),
        ("overdrawn", "account: balance -1 EUR", "bound of accounts"),
        ("chain_broken", "", "heads of the hash chains"),
        ("answers_differ", PAID, "the body under a key"),
        ("stuck", proof(ASKED, "payments: pending x 1 EUR"), "sweeper"),
        ("stuck", proof(ASKED, PAID), "replays"),
        (
            "stuck",
            proof(
                ASKED,
                "payments: pending x 1 EUR",
                "bank: declined 1 EUR",
                f"{LEDGER}, void x 1 EUR",
            ),
            "transfer ids",
        ),
        (
            "stuck",
            proof(ASKED, "payments: pending x 1 EUR", CHARGED, "ledger: nothing"),
            "claim and entries",
        ),
        ("refused_without_cause", proof(ASKED, "payments: declined x 1 EUR"), "errors of the"),
    ],
)
def test_the_records_name_a_part(kind: str, records: str, part: str) -> None:
    first = likely_causes(Findings(proofs={kind: records}))[0]
    assert part in first.part
    assert first.because
    assert first.remedy


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        (Findings(missed=frozenset({"failed_ratio_run"}), service="postgres"), []),
        (Findings(proofs={"lost": proof(ASKED, PAID)}, service="ledger"), []),
        (Findings(missed=frozenset({"lost_s"}), service="shop", fault="rollout"), ["shop: drain"]),
        (Findings(missed=frozenset({"good_ratio_fault"}), edge="a>b"), ["a>b: calls at once"]),
        (Findings(edge="a>b", repeats={"a>b": 7.5, "c>d": 9.0}), ["a>b: retries"]),
        (Findings(edge="a>b", repeats={"a>b": 1.9, "c>d": 9.0}), []),
    ],
)
def test_of_another_system_no_part_of_the_reference_system_is_named(
    found: Findings, parts: list[str]
) -> None:
    causes = likely_causes(replace(found, is_reference=False))
    assert [cause.part for cause in causes] == parts


@pytest.mark.parametrize(
    ("found", "part"),
    [
        (Findings(proofs={"lost": proof(ASKED, PAID)}, service="ledger"), "commit before"),
        (Findings(proofs={"lost": proof(ASKED, PAID)}, service="postgres"), "durability"),
        (Findings(proofs={"lost": proof(ASKED)}, edge="payments>ledger"), "post before the end"),
        (Findings(proofs={"lost": proof(ASKED)}, edge="ledger>postgres"), "claim and entries"),
        (Findings(missed=frozenset({"time_to_detect_s"}), edge="a>b"), "a>b: breaker"),
        (Findings(missed=frozenset({"attempts_per_intent"}), edge="a>b"), "a>b: retries"),
        (Findings(missed=frozenset({"good_ratio_fault"}), edge="a>b"), "a>b: calls at once"),
        (Findings(missed=frozenset({"failed_ratio_run"}), service="postgres"), "errors of the"),
        (Findings(missed=frozenset({"lost_s"}), service="payments", fault="rollout"), "drain"),
        (Findings(missed=frozenset({"half_open_calls_max"}), edge="a>b"), "a>b: breaker"),
        (Findings(missed=frozenset({"breaker_opened_by_itself"}), opened="a>b"), "a>b: breaker"),
        (Findings(missed=frozenset({"ready_in_vain_s"}), service="postgres"), "readiness"),
        (
            Findings(
                proofs={"stuck": proof(ASKED, "payments: pending x 1 EUR")},
                variables="LD_PRELOAD=x FAKETIME=+3600",
            ),
            "leases",
        ),
        (
            Findings(proofs={"answers_differ": PAID}, missed=frozenset({"failed_ratio_run"})),
            "replays",
        ),
    ],
)
def test_the_fault_names_a_part(found: Findings, part: str) -> None:
    assert part in likely_causes(found)[0].part


def test_nothing_is_named_without_evidence() -> None:
    assert likely_causes(Findings(edge="a>b", service="ledger")) == ()


def test_at_most_three_parts_are_named_each_once() -> None:
    kinds = ("unbalanced", "overdrawn", "chain_broken", "answers_differ", "hold_account_open")
    causes = likely_causes(Findings(proofs=dict.fromkeys(kinds, "")))
    assert len({cause.part for cause in causes}) == len(causes) == 3


def test_a_run_that_passed_has_no_likely_cause_and_one_that_failed_has(tmp_path: Path) -> None:
    assert judge(sound_run().write(tmp_path / "sound")).document.likely == ()
    run = sound_run()
    run.books.charge(run.key(3), "p3", 103)
    card = judge(run.write(tmp_path / "wrong"))
    assert card.verdict == "FAIL"
    assert card.document.likely[0].part == "payments>bank: keys"


def test_a_part_of_the_catalogue_is_one_that_a_rule_can_name() -> None:
    catalogue = read_catalogue(ROOT / "reference_services" / "system.yaml")
    parts = {rule.part for rule in (*BY_RECORDS, *BY_FAULT)}
    edges = ("payments>ledger", "payments>bank", "ledger>postgres")
    named = {
        part.replace("{edge}", edge).replace("{service}", service).replace("{opened}", edge)
        for part in parts
        for edge in edges
        for service in ("payments", "ledger", "postgres")
    }
    assert not {one.name for one in catalogue.defects if one.part and one.part not in named}
