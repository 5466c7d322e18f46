"""A volume belongs to one installation: its data outlives a pod, not the installation."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from reference_services.chassis import volume
from reference_services.chassis.errors import SettingsError

UID = "c2f7a1f0-3b51-4f4e-9a56-5f0f3c1b2a77"


def token(claims: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{middle}.signature\n"


def test_the_account_s_uid_is_found_in_its_token() -> None:
    claims = {"aud": ["installation"], "kubernetes.io": {"serviceaccount": {"uid": UID}}}
    assert volume.installation(token(claims)) == UID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no-token",
        "a.b.c",
        token({"sub": "someone"}),
        token({"kubernetes.io": {"serviceaccount": {"uid": "../../etc"}}}),
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="token"):
        volume.installation(text)


def test_data_stays_for_the_same_installation_and_goes_with_it(tmp_path: Path) -> None:
    (volume.prepare(tmp_path, UID) / "charges").write_text("1")
    assert (volume.prepare(tmp_path, UID) / "charges").read_text() == "1"
    assert (tmp_path / volume.CURRENT / "charges").read_text() == "1"
    another = volume.prepare(tmp_path, "d" * 36)
    assert not list((tmp_path / volume.CURRENT).iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == [volume.CURRENT, another.name]
