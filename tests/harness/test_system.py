"""A system file is read once, typed; errors have their line and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.system import read_system
from tests.support.documents_files import system_file


def test_reads_the_reference_system(tmp_path: Path) -> None:
    system = read_system(system_file(tmp_path))
    assert system.instance_names("ledger") == ("ledger-1", "ledger-2")
    assert system.instance_names("bank") == ("bank",)
    assert system.instance_names("nobody") == ()
    edge = system.edge("payments>ledger")
    assert edge is not None
    assert (edge.source, edge.destination) == ("payments", "ledger")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicas: 2", "replicsa: 2", "fix: did you mean `replicas`?"),
        ("replicas: 2", "replicas: two", "replicas: 'two': not a whole number"),
        ("entry: payer>payments", "entry: payer>payment", "did you mean `payer>payments`?"),
        ("name: payments>bank", "name: payments>bnk", "no service 'bnk'"),
        ("name: payments>bank", "name: payments-bank", "write it as source>destination"),
        ("name: payments>bank", "name: payments>ledger", "is here twice"),
        ("service: bank", "service: bang", "did you mean `bank`?"),
        (
            "via: gateway",
            "via: gatewya",
            "mesh, tcp; fix: did you mean `gateway`?",
        ),
        ("in_flight_max: 192", "in_flight_max: 0", "a whole number, at least 1"),
        ("via: tcp", "via: tcp, in_flight_max: 9", "only via gateway or mesh"),
        ("name: reference-payments", "name: [", "not YAML"),
    ],
)
def test_names_line_and_mend_of_what_is_wrong(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = system_file(tmp_path, old, new)
    with pytest.raises(ConfigError, match=r"system\.yaml:\d+:") as error:
        read_system(path)
    assert any(said in line for line in error.value.problems)
    assert str(error.value).count("\n") == len(error.value.problems) - 1


def test_a_missing_or_empty_or_binary_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name, said in (
        ("no.yaml", "no such file"),
        ("empty.yaml", "is empty"),
        ("binary.yaml", "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=said):
            read_system(tmp_path / name)


def test_refuses_a_file_too_long_to_be_a_system(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text("#" * 1_000_001)
    with pytest.raises(ConfigError, match="longer than"):
        read_system(tmp_path / "long.yaml")
