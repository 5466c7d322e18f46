"""Errors in `tables:` and `checks:` name the line, what is allowed, and the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.declared import CheckSpec, PaymentsSettings
from harness.files.problems import Problem
from harness.files.yaml_file import read_document
from harness.load.asked import ASKED
from harness.python_child import CHECKOUT
from harness.system import tree_problems
from harness.validation.declared_check import missing_variables
from harness.validation.payments_columns import PAYMENTS_COLUMNS
from reports.checks.registry import kinds

SYSTEM = """
name: toy
entry: user>shop
services:
  - {name: shop, command: [shop]}
edges:
  - {name: user>shop, via: gateway}
tables:
  - name: orders
    key: id
    columns: {id: text, total_minor: integer, status: [open, paid]}
    http: {service: shop, path: /orders}
  - name: lines
    columns: {journal: text, account: text, amount_minor: integer}
    sql: {url: "postgresql://u:${DB_PASS}@127.0.0.1:5432/x", query: select 1}
  - name: accounts
    columns: {account: text, balance_minor: integer}
    command: {run: [cat, accounts.ndjson]}
checks:
  - effects: {table: orders, where: {status: [paid]}}
  - double_entry: {table: lines, transfer: journal, accounts: {table: accounts}}
  - name: stock
    own: {class: "stock:Stock"}
"""


def problems(text: str, path: Path) -> list[Problem]:
    path.write_text(text)
    document = read_document(path)
    return tree_problems(document.root, document.problems)


def test_the_sound_file_has_no_problem(tmp_path: Path) -> None:
    assert problems(SYSTEM, tmp_path / "system.yaml") == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("total_minor: integer", "total_minor: intager", "`integer`"),
        ("total_minor: integer", "total_minor: hex0", "`hex`"),
        ("total_minor: integer", "ID: integer", "under this name"),
        ("total_minor: integer", "row: integer", "a column of the judge"),
        ("key: id", "key: di", "`id`"),
        ("name: orders", "name: asked", "the judge has a table of this name"),
        ("http: {service: shop,", "http: {service: shpo,", "`shop`"),
        ("http: {service: shop,", "htpp: {service: shop,", "`http`"),
        ("path: /orders}", "url: http://127.0.0.1:1}", "service and path, or url"),
        ("path: /orders}", "path: /orders, pointer: /a}", "format: json"),
        ("    command: {run: [cat, accounts.ndjson]}\n", "", "no source"),
        ("{account: text, balance_minor: integer}", "{}", "at least 1 elements"),
        (
            "{account: text, balance_minor: integer}",
            "{account: text, " + ", ".join(f"c{n}: integer" for n in range(200)) + "}",
            "at most 200 elements",
        ),
        ("${DB_PASS}", "hunter2", "${NAME}"),
        ("postgresql://u", "mysql://u", "postgresql://"),
        ("where: {status:", "where: {statsu:", "`status`"),
        ("effects: {table: orders", "effects: {table: ordres", "`orders`"),
        ("effects: {table: orders, where: {status: [paid]}}", "effects: {table: lines}", "`key"),
        ("transfer: journal", "transfer: jurnal", "`journal`"),
        ("amount_minor: integer", "amount_minor: text", "has the type 'text'"),
        ("balance_minor: integer", "balance_minor: [one, two]", "type integer, decimal"),
        ("accounts: {table: accounts}", "accounts: {table: acounts}", "`accounts`"),
        ("- name: stock\n    own:", "- name: effects\n    own:", "two checks are called effects"),
        ("- effects:", "- efects:", "`effects`"),
        ("stock:Stock", "stock.Stock", "module:Class"),
    ],
)
def test_an_error_names_its_line_and_the_fix(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = SYSTEM.replace(old, new, 1)
    assert text != SYSTEM
    path = tmp_path / "system.yaml"
    found = problems(text, path)
    assert found
    assert any(said in problem.text(path) for problem in found), [p.text(path) for p in found]
    assert all(problem.line > 1 for problem in found)
    assert "hunter2" not in "".join(problem.text(path) for problem in found)


def test_a_variable_that_is_not_set_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(SYSTEM)
    root = read_document(path).root
    assert list(missing_variables(root, {"DB_PASS": "x"})) == []
    (problem,) = missing_variables(root, {})
    assert (problem.key, "DB_PASS" in problem.wrong) == ("tables[1].sql.url", True)


REFERENCE = (CHECKOUT / "reference_services" / "system.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("balance_minor:", "balanse_minor:", "has no column 'balance_minor'"),
        ("prev_hash:", "previous_hash:", "has no column 'prev_hash'"),
        ("balance_minor: integer", "balance_minor: decimal", "has the type 'decimal'"),
        ("- name: bank_charges", "- name: bank_charge", "no table 'bank_charges'"),
    ],
)
def test_the_check_of_payments_needs_its_own_tables(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in REFERENCE
    found = problems(REFERENCE.replace(old, new), tmp_path / "system.yaml")
    assert any(problem.wrong.endswith(said) and problem.line for problem in found), found


def test_the_declared_needs_are_those_of_the_checks() -> None:
    spec = CheckSpec(payments=PaymentsSettings())
    needed: dict[str, set[str]] = {}
    for kind in kinds((spec,), CHECKOUT):
        for table, columns in kind.needs.items():
            needed.setdefault(table, set()).update(columns)
    del needed[ASKED]  # the scenario declares it, not the system file
    assert needed == {table: {*columns} for table, columns in PAYMENTS_COLUMNS.items()}
