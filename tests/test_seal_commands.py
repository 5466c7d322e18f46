"""`squall seal` and `squall verify` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.runs_builder import sound_run
from tests.support.typed import squall


def test_a_run_is_sealed_and_verified(tmp_path: Path) -> None:
    run, pack = sound_run().write(tmp_path / "run"), tmp_path / "pack.tar"
    sealed = squall("seal", str(run.root), "--output", str(pack), "--owner", "me", "--json")
    assert sealed.returncode == 0, sealed.stderr
    assert json.loads(sealed.stdout)["responsible"]["owner"] == "me"
    verified = squall("verify", str(pack), "--json")
    assert (verified.returncode, json.loads(verified.stdout)["verified"]) == (0, True)
    pack.write_bytes(pack.read_bytes().replace(b'"owner": "me"', b'"owner": "no"'))
    assert squall("seal", str(run.root), "--output", str(pack)).returncode == 2


def test_a_changed_pack_ends_with_code_three(tmp_path: Path) -> None:
    run, pack = sound_run().write(tmp_path / "run"), tmp_path / "pack.tar"
    squall("seal", str(run.root), "--output", str(pack))
    pack.write_bytes(pack.read_bytes().replace(b'"PASS"', b'"FAIL"', 1))
    assert squall("verify", str(pack)).returncode == 3


def test_what_is_no_pack_or_half_a_signer_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(b"x")
    assert squall("verify", str(tmp_path / "no.tar")).returncode == 2
    assert squall("verify", str(tmp_path / "no.tar"), "--identity", "me").returncode == 2
