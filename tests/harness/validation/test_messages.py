"""Every error names file, line of the value, the value, what is allowed, and the fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.system import SystemFiles
from harness.validation.file_check import check_files
from reports.measures.metric_table import metric_units
from tests.support.documents_files import ROOT, experiment_file, system_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """One replacement in a sound file. `at` is in the line that must be named, by default `new`."""

    old: str
    new: str
    value: str
    at: str = ""


EXPERIMENTS = (
    Bad(old="title: A ledger", new="titel: A ledger", value="`titel`"),
    Bad(old="method:", new="mehtod:", value="`mehtod`"),
    Bad(old="rollbacks:", new="rolbacks:", value="`rolbacks`"),
    Bad(old="tags: [", new="tgas: [", value="`tgas`"),
    Bad(old="tags: [kill, ledger, spike]", new="tags: kill", value="'kill'"),
    Bad(old="tags: [kill,", new="tags: [7,", value="7"),
    Bad(old="tags: [kill,", new="tags: [on,", value="on"),
    Bad(old="name: squall", new="name: squal", value="squal", at="extensions:"),
    Bad(
        old="question: Do", new="question: []\n    x: Do", value="a list of 0 items", at="question"
    ),
    Bad(old="question: Do", new="qestion: Do", value="`qestion`"),
    Bad(old="scenario: payday_spike", new="scenario: payday_spik", value="'payday_spik'"),
    Bad(old="scenario: payday_spike", new="scenario: 3", value="3"),
    Bad(old="warm_up_s: 5", new="warm_up_s: -5", value="-5"),
    Bad(old="warm_up_s: 5", new="warm_up: 5", value="`warm_up`"),
    Bad(old="baseline_s: 20", new="baseline_s: 0", value="0"),
    Bad(old="baseline_s: 20", new="baseline_s: .nan", value=".nan"),
    Bad(old="fault_s: 10", new="fault_s: 1e1", value="1e1"),
    Bad(old="fault_s: 10", new="fault_s: 010", value="010"),
    Bad(old="fault_s: 10", new="fault_s: 1:10", value="1:10"),
    Bad(old="recovery_s: 25", new="recovery_s: 99999", value="99999"),
    Bad(old="recovery_s: 25", new="recovery_s: 1_0", value="1_0"),
    Bad(old="drain_s: 10", new="drain_s: true", value="true"),
    Bad(old="max_duration_s: 90", new="max_duration_s: 60", value="60"),
    Bad(old="max_duration_s: 90", new="max_duration_s: 1" + "0" * 400, value="1000000"),
    Bad(old="services: [ledger]", new="services: [ledgr]", value="'ledgr'"),
    Bad(old="services: [ledger]", new="services: [ledger, ledger]", value="'ledger'"),
    Bad(old="services: [ledger]", new="services: []", value="'ledger'", at="arguments:"),
    Bad(old="max_instances: 1", new="max_instances: -1", value="-1"),
    Bad(old="max_instances: 1", new="max_instances: 1.5", value="1.5"),
    Bad(old="max_instances: 1", new="max_instances: 0", value="1", at="arguments:"),
    Bad(old="bank_charges, payments]", new="bank_charge, payments]", value="'bank_charge'"),
    Bad(old="latency_ms: 300", new="latency_ms: 0", value="0"),
    Bad(old="target: 0.99", new="target: 99", value="99"),
    Bad(old="target: 0.99", new="target: .inf", value=".inf"),
    Bad(old="hold_s: 10", new="hold_s: 0", value="0"),
    Bad(old="hold_s: 10", new="hold_s: 0.05", value="0.05"),
    Bad(old="hold_s: 10", new="hold_s: 26", value="26"),
    Bad(old="metric: lost_s", new="metric: lost", value="'lost'"),
    Bad(old='metric: lost_s, must: "<="', new='metric: lost_s, must: "<"', value="'<'"),
    Bad(
        old="metric: lost_s,", new='metric: lost_s, edge: "payments>bank",', value="'payments>bank'"
    ),
    Bad(
        old="metric: attempts_per_intent,",
        new='metric: attempts_per_call, edge: "payments>bnak",',
        value="'payments>bnak'",
    ),
    Bad(old="limit: 0.95", new="limit: 95", value="95"),
    Bad(old="limit: 0.95", new="limit: 0", value="0"),
    Bad(old="limit: 5}", new="limit: .inf}", value=".inf"),
    Bad(old="limit: 5}", new="limit: five}", value="'five'"),
    Bad(
        old="name: lost seconds",
        new="name: stable recovery",
        value="'stable recovery'",
        at="lost_s",
    ),
    Bad(old="tolerance: true", new="tolrance: true", value="`tolrance`"),
    Bad(old="tolerance: true", new="tolerance: 1.5", value="1.5"),
    Bad(old="tolerance: true", new="tolerance: {type: regx}", value="'regx'"),
    Bad(old="tolerance: true", new="tolerance: {type: range, range: [1]}", value="a list of 1"),
    Bad(old="func: all_ready", new="func: all_redy", value="'all_redy'"),
    Bad(old="module: harness.chaos.probes", new="module: harness.chaos.prob", value="'harness.ch"),
    Bad(old="  - type: probe", new="  - type: prob", value="'prob'"),
    Bad(old="type: probe", new="type: action", value="'action'"),
    Bad(old="func: inject_kill", new="func: inject_kil", value="'inject_kil'"),
    Bad(old="func: inject_kill", new="fun: inject_kill", value="`fun`"),
    Bad(old="      type: python", new="      type: pyton", value="'pyton'"),
    Bad(old="service: ledger, i", new="servce: ledger, i", value="`servce`"),
    Bad(old="service: ledger, i", new="service: ledgr, i", value="'ledgr'"),
    Bad(old="service: ledger, i", new="service: bank, i", value="'bank'"),
    Bad(old="service: ledger, i", new='service: "${who}", i', value="'${who}'"),
    Bad(old="ledger, instances: 1}", new="ledger, instances: 3}", value="3"),
    Bad(old="ledger, instances: 1}", new="ledger, instances: 0}", value="0"),
    Bad(old="ledger, instances: 1}", new="ledger, instances: one}", value="'one'"),
    Bad(old="ledger, instances: 1}", new="ledger, instances: 1, force: true}", value="`force`"),
    Bad(old="pauses: {after: 10}", new="pauses: {after: 11}", value="11"),
    Bad(old="pauses: {after: 10}", new="pauses: {aftr: 10}", value="`aftr`"),
    Bad(old="pauses: {after: 10}", new="pauses: {after: -1}", value="-1"),
    Bad(old="pauses: {after: 10}", new="pauses: {after: 0}", value="(missing)"),
    Bad(old="pauses: {after: 10}", new='pauses: {after: "${long}"}', value="'${long}'"),
    Bad(old="pauses: {after: 10}", new="background: true", value="true"),
    Bad(
        old="rollbacks:",
        new="method:\n  - a\nrollbacks:",
        value="(second time)",
        at="method:\n  - a",
    ),
    Bad(old="rollbacks:", new="controls: [{name: c}, 3]\nrollbacks:", value="3", at="controls"),
    Bad(old="rollbacks:", new="x: !!python/name:os.system ''\nrollbacks:", value="tag:", at="x: "),
    Bad(
        old="rollbacks:", new="configuration: {a: {type: evn}}\nrollbacks:", value="'evn'", at="evn"
    ),
    Bad(
        old="rollbacks:",
        new="configuration: {a: {type: env, key: SQUALL_NOT_SET}}\nrollbacks:",
        value="'SQUALL_NOT_SET'",
        at="SQUALL_NOT_SET",
    ),
    Bad(old="title: A ledger", new="title: A: ledger", value="title: A: ledger"),
    Bad(old="title: A ledger", new='title: "\\0"\nx: A ledger', value="U+0000", at="title"),
)
SYSTEMS = (
    Bad(old="name: reference-payments", new="name: 5", value="5"),
    Bad(old="entry: payer>payments", new="entry: payer>payment", value="'payer>payment'"),
    Bad(old="entry: payer>payments", new="enty: payer>payments", value="`enty`"),
    Bad(old="kind: postgres", new="kind: postgre", value="'postgre'"),
    Bad(old="[ledger, payments]", new="[Ledger, payments]", value="'Ledger'"),
    Bad(old="name: bank\n", new="name: gateway\n", value="'gateway'", at="name: gateway"),
    Bad(old="replicas: 2", new="replicas: 0", value="0"),
    Bad(old="replicas: 2", new="replicas: 1" + "0" * 29, value="100000000000000"),
    Bad(old="replicas: 2", new="replicas: 1" + "0" * 400, value="100000000000000"),
    Bad(old="replicas: 2", new="replicas: .nan", value=".nan"),
    Bad(old="replicas: 2", new="start_timeout_s: 0", value="0"),
    Bad(old='PORT: "{port}"', new="PORT: 8080", value="8080"),
    Bad(old='PORT: "{port}"', new='PORT: "{prot}"', value="'{prot}'"),
    Bad(old="via: gateway", new="via: gatewya", value="'gatewya'"),
    Bad(old="port: 18080", new="port: 99999", value="99999"),
    Bad(old="port: 18080", new="port: 0", value="0"),
    Bad(old="in_flight_max: 192", new="in_flight_max: 0", value="0"),
    Bad(old="name: payments>bank", new="name: payments>bnk", value="'payments>bnk'"),
    Bad(old="name: payments>bank", new="name: payments-bank", value="'payments-bank'"),
    Bad(
        old="{name: ledger>postgres, via: tcp",
        new="{name: ledger>postgres, via: mesh",
        value="'mesh'",
    ),
    Bad(
        old="{name: payments>ledger, via: mesh",
        new="{name: payments>ledger, via: tcp",
        value="'tcp'",
    ),
    Bad(old="service: bank", new="service: bnak", value="'bnak'"),
    Bad(old="path: /evidence/charges", new="path: evidence", value="'evidence'"),
    Bad(old="events: [breaker", new="events: [Brea ker", value="'Brea ker'"),
)


def line_of(path: Path, text: str) -> int:
    whole = path.read_text()
    return whole.count("\n", 0, whole.index(text)) + 1


def check_message(path: Path, bad: Bad, said: str) -> None:
    """At least one line names this place and value, and every line has all its parts."""
    lines = said.split("\n")
    for line in lines:
        assert re.fullmatch(r"\S+\.yaml:\d+: .+; allowed: .+; fix: .+", line), line
    place = f"{path}:{line_of(path, bad.at or bad.new)}: "
    named = [line for line in lines if line.startswith(place)]
    assert any(f" {bad.value}" in line for line in named), said


def names(bad: Bad) -> str:
    return bad.new[:40].replace("\n", " ")


@pytest.mark.parametrize("bad", EXPERIMENTS, ids=names)
def test_an_error_in_an_experiment_names_all_five_parts(bad: Bad, tmp_path: Path) -> None:
    path = experiment_file(tmp_path, bad.old, bad.new)
    with pytest.raises(ConfigError) as error:
        check_files(ROOT, (str(path),), SystemFiles(system=system_file(tmp_path)), metric_units())
    check_message(path, bad, str(error.value))


@pytest.mark.parametrize("bad", SYSTEMS, ids=names)
def test_an_error_in_a_system_file_names_all_five_parts(bad: Bad, tmp_path: Path) -> None:
    path = system_file(tmp_path, bad.old, bad.new)
    with pytest.raises(ConfigError) as error:
        check_files(ROOT, (), SystemFiles(system=path), metric_units())
    check_message(path, bad, str(error.value))


def test_there_are_enough_examples() -> None:
    assert len(EXPERIMENTS) + len(SYSTEMS) >= 60
