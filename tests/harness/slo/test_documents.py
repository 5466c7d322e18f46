"""SLO documents: what is read, what is refused by the name of its feature, and every preset."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.slo.documents import UNAVAILABLE, preset_names, read_slo_files, slo_path

GOOD = (Path(__file__).parents[3] / "objectives" / "payments.yaml").read_text()


def said(folder: Path, text: str, name: str = "slo.yaml") -> str:
    """What is wrong with a file of this text."""
    path = folder / name
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_slo_files([path])
    return "\n".join(raised.value.problems).replace(f"{folder}/", "")


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_read_and_names_its_source(name: str) -> None:
    found = read_slo_files([slo_path(name)])
    assert found.slos
    if name != "payments":
        assert "squall.dev/source" in found.slos[0].metadata.annotations


def test_both_documents_of_a_file_are_read() -> None:
    found = read_slo_files([slo_path("payments")])
    (slo,), (recovery,) = found.slos, found.recoveries
    assert (slo.name, slo.window_s, slo.spec.objectives[0].share) == (
        "payments-availability",
        30 * 86_400,
        0.99,
    )
    assert (recovery.spec.recover_s, recovery.spec.hold_s) == (10, 10)
    assert found.recovery_of(slo) == (recovery,)


@pytest.mark.parametrize(
    ("change", "feature", "line"),
    [
        (("  indicator:\n", "  indicatorRef: good\n  indicator:\n"), "indicatorRef", 12),
        (("  budgetingMethod", "  alertPolicies: []\n  budgetingMethod"), "alertPolicies", 20),
        (
            ("      ratioMetric:\n", "      thresholdMetric: {}\n      ratioMetric:\n"),
            "threshold",
            15,
        ),
        (("        counter: true", "        bad: {}\n        counter: true"), "bad", 16),
        (("type: requests, spec: {}", "type: Prometheus, spec: {}"), "type Prometheus", 18),
        (("isRolling: true", "isRolling: false"), "calendar window", 19),
        (("target: 0.99,", "target: 0.99, op: gt,"), "op", 21),
        (("target: 0.99,", "target: 0.99, compositeWeight: 2,"), "compositeWeight", 21),
        (("kind: SLO", "kind: AlertPolicy"), "kind AlertPolicy", 5),
    ],
)
def test_a_feature_that_is_not_supported_is_refused_by_its_name(
    change: tuple[str, str], feature: str, line: int, tmp_path: Path
) -> None:
    first = said(tmp_path, changed(change)).splitlines()[0]
    assert first.startswith(f"slo.yaml:{line}: ")
    assert "not supported" in first
    assert feature in first


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("target: 0.99,", "target: 1.0,"), "slo.yaml:21: spec.objectives[0].target: 1.0: out of"),
        (("target: 0.99,", "target: 0,"), "a target of 0 cannot fail"),
        (("target: 0.99,", "target: .nan,"), "slo.yaml:21:"),
        (("target: 0.99,", ""), "missing required field `target`"),
        (("target: 0.99,", "target: 0.99, targetPercent: 99,"), "target or targetPercent"),
        (("timeSliceWindow: 1m", "timeSliceWindow: 1s"), "not in the right form"),
        ((", timeSliceWindow: 1m", ""), "missing required field `timeSliceWindow`"),
        (("RatioTimeslices", "Timeslices"), "missing required field `timeSliceTarget`"),
        (("RatioTimeslices", "Ratiotimeslices"), "did you mean `RatioTimeslices`?"),
        (("duration: 30d", "duration: 30 d"), "not in the right form"),
        (("{lte: 300}", "{lte: 0}"), "out of range"),
        (("spec: {ok: true, latencyMs: {lte: 300}}", "spec: {}"), "cannot fail"),
        (("type: requests, spec: {}", "type: requests, spec: {ok: true}"), "leaves requests out"),
        (("type: requests, spec: {}", "type: requests, spec: {name: a}"), "the same name"),
        (("openslo/v1\n", "openslo/v1alpha\n"), "not a known value"),
        (("kind: SLO", "kind: SLI2"), "no known kind"),
        (("budgetingMethod", "budgetingMetod"), "did you mean `budgetingMethod`?"),
        (("slo: payments-availability", "slo: payments"), "no SLO of this name"),
        (("recoverWithin: 10s", "recoverWithin: 10"), "write it in quotes"),
        (("holdFor: 10s", "holdFor: 100ms"), "1s to 600s"),
        (("maxLostSeconds: 5", "maxLostSeconds: -1"), "is negative"),
        (("maxLostSeconds: 5", "drainWithin: 90m"), "at most 3600s"),
        (("maxLostSeconds: 5", "maxAttemptsPerCall: 0.5"), "out of range"),
        (("maxLostSeconds: 5", "faultsPerMonth: 2"), "`maxBadMinutesPerMonth`"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_and_what_is_right(
    change: tuple[str, str], wrong: str, tmp_path: Path
) -> None:
    found = said(tmp_path, changed(change))
    assert wrong in found
    assert found.startswith("slo.yaml:")


def test_a_refused_feature_does_not_hide_a_wrong_key_beside_it(tmp_path: Path) -> None:
    beside = changed(
        ("  budgetingMethod: RatioTimeslices", "  alertPolicies: []\n  budgetingMethod: Ratio")
    )
    found = said(tmp_path, beside)
    assert "alertPolicies" in found
    assert "not a known value" in found


def test_two_documents_of_one_name_are_refused(tmp_path: Path) -> None:
    slo = GOOD.partition("---\n")[0]
    assert "another SLO has this name" in said(tmp_path, f"{slo}---\n{slo}")


def test_all_files_are_reported_not_only_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(changed(("target: 0.99,", "target: 2,")))
    (tmp_path / "b.yaml").write_text("kind: SLO\n")
    with pytest.raises(ConfigError) as raised:
        read_slo_files([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    files = {problem.partition(":")[0].rpartition("/")[2] for problem in raised.value.problems}
    assert files == {"a.yaml", "b.yaml"}


@pytest.mark.parametrize("name", sorted(UNAVAILABLE))
def test_a_test_that_is_not_available_yet_says_so(name: str) -> None:
    with pytest.raises(ConfigError, match="not available yet"):
        slo_path(name)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean `card-payments`"):
        slo_path("card-payment")
