"""The Role that is handed out grants what is asked for before a run, and no more."""

from __future__ import annotations

from pathlib import Path

import yaml

from harness.targets.kubernetes.rights import as_rules

ROLE = Path(__file__).parents[4] / "deploy" / "kubernetes" / "role.yaml"


def test_the_role_in_the_repository_has_exactly_the_rights_that_are_checked() -> None:
    assert yaml.safe_load(ROLE.read_text())["rules"] == list(as_rules())
