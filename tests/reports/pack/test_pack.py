"""A pack is what its manifest says, or `verify` says what differs."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import StoredRunError
from harness.store import RunFolder
from reports.pack.errors import NotAPackError, SignatureError
from reports.pack.manifest import Responsible
from reports.pack.verify import Signers, Verified, verify_pack
from reports.pack.write import write_pack
from reports.render.stored_verdict import write
from reports.verdict.judge import judge
from tests.support.runs_builder import sound_run

NOW = "2026-11-30T12:00:00Z"
OWNER = Responsible(owner="payments team", remediation="PAY-17", retest="2027-01-15")
Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = sound_run().write(tmp_path_factory.mktemp("pack") / "run")
    write(folder, judge(folder))
    return folder


@pytest.fixture
def pack(run: RunFolder, tmp_path: Path) -> Path:
    write_pack(run, tmp_path / "pack.tar", OWNER, NOW, None)
    return tmp_path / "pack.tar"


def parts_of(pack: Path) -> Parts:
    with tarfile.open(pack) as tar:
        return {m.name: (tar.extractfile(m) or io.BytesIO()).read() for m in tar}


def packed(parts: Parts, path: Path) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, text in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
    return path


def test_a_pack_is_verified_and_its_verdict_is_judged_again(pack: Path) -> None:
    found = verify_pack(pack, None)
    assert found.verified, found.problems
    assert (found.verdict, found.signature, found.sealed_at) == ("PASS", "none", NOW)


def test_the_manifest_tells_plan_scope_and_owner(pack: Path) -> None:
    manifest = json.loads(parts_of(pack)["manifest.json"])
    assert manifest["responsible"] == {
        "owner": "payments team",
        "remediation": "PAY-17",
        "retest": "2027-01-15",
    }
    assert manifest["planned"]["actions"]
    assert manifest["done"]["ended"] == "complete"
    assert "ledger" in manifest["scope"]["services"]
    assert "payments" in manifest["scope"]["services_left_out"]
    assert manifest["planned"]["seed"] == 11


def test_the_same_run_gives_the_same_bytes(run: RunFolder, pack: Path, tmp_path: Path) -> None:
    write_pack(run, tmp_path / "again.tar", OWNER, NOW, None)
    assert (tmp_path / "again.tar").read_bytes() == pack.read_bytes()


def change_a_digit(parts: Parts) -> None:
    text = parts["run/load/attempts-0.bin"]
    parts["run/load/attempts-0.bin"] = bytes([text[0] ^ 1]) + text[1:]


def leave_one_out(parts: Parts) -> None:
    del parts["run/timeline.ndjson"]


def add_one(parts: Parts) -> None:
    parts["run/extra.txt"] = b"x"


def claim_another_verdict(parts: Parts) -> None:
    parts["manifest.json"] = parts["manifest.json"].replace(b'"PASS"', b'"FAIL"')


def claim_another_plan(parts: Parts) -> None:
    parts["manifest.json"] = parts["manifest.json"].replace(b'"seed": 11', b'"seed": 12')


def claim_a_wider_scope(parts: Parts) -> None:
    manifest = json.loads(parts["manifest.json"])
    manifest["scope"]["services"] = ["bank", "ledger", "payments"]
    parts["manifest.json"] = json.dumps(manifest).encode()


def pack_another_page(parts: Parts) -> None:
    pack_again(parts, "report.html", b"<h1>PASS</h1>")


def pack_another_verdict(parts: Parts) -> None:
    pack_again(parts, "verdict.json", b'{"verdict": "PASS"}')


def pack_a_run_that_is_none(parts: Parts) -> None:
    pack_again(parts, "seal.json", b"{}")
    pack_again(parts, "run.json", b"{}")


def pack_again(parts: Parts, name: str, text: bytes) -> None:
    """With the digest of the new text in the manifest."""
    manifest = json.loads(parts["manifest.json"])
    files = [one for one in manifest["files"] if one["path"] != name]
    digest = hashlib.sha256(text).hexdigest()
    manifest["files"] = [*files, {"path": name, "bytes": len(text), "sha256": digest}]
    parts["manifest.json"], parts[f"run/{name}"] = json.dumps(manifest).encode(), text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (claim_another_plan, "manifest.json: planned is not that of the run"),
        (claim_a_wider_scope, "manifest.json: scope is not that of the run"),
        (pack_another_page, "run/report.html: not what the run's files give"),
        (pack_another_verdict, "run/verdict.json: not what the run's files give"),
        (pack_a_run_that_is_none, "the run cannot be judged: run/run.json: names no schema"),
        (change_a_digit, "run/load/attempts-0.bin: differs"),
        (leave_one_out, "run/timeline.ndjson: missing"),
        (add_one, "run/extra.txt: not in the manifest"),
        (claim_another_verdict, "judged again it is PASS, the manifest says FAIL"),
    ],
)
def test_a_changed_pack_is_not_verified(
    change: Callable[[Parts], None], told: str, pack: Path, tmp_path: Path
) -> None:
    parts = parts_of(pack)
    change(parts)
    found = verify_pack(packed(parts, tmp_path / "changed.tar"), None)
    assert not found.verified
    assert told in found.problems[0]


@pytest.mark.parametrize("name", ["/etc/x", "../x", "run/../../x"])
def test_a_pack_never_writes_outside_of_its_folder(name: str, pack: Path, tmp_path: Path) -> None:
    parts = {**parts_of(pack), name: b"x"}
    with pytest.raises(NotAPackError, match="does not belong"):
        verify_pack(packed(parts, tmp_path / "evil.tar"), None)


@pytest.mark.parametrize("text", [b"", b"PK\x03\x04", b"\0" * 1024])
def test_a_file_that_is_no_pack_is_refused(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(text)
    with pytest.raises(NotAPackError, match="no pack of Squall"):
        verify_pack(tmp_path / "no.tar", None)


@pytest.mark.parametrize("record", [b"12 GNU.sparse.map=x\n", b"99 path=a\n"])
def test_a_broken_header_is_refused(record: bytes, pack: Path, tmp_path: Path) -> None:
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, len(record)
    header = entry.tobuf() + record.ljust(512, b"\0")
    (tmp_path / "odd.tar").write_bytes(header + pack.read_bytes())
    with pytest.raises(NotAPackError):
        verify_pack(tmp_path / "odd.tar", None)


def test_a_damaged_run_is_not_packed(run: RunFolder, tmp_path: Path) -> None:
    copy = RunFolder(shutil.copytree(run.root, tmp_path / "copy"))
    copy.timeline.unlink()
    with pytest.raises(StoredRunError, match="not packed"):
        write_pack(copy, tmp_path / "pack.tar", OWNER, NOW, None)
    assert not (tmp_path / "pack.tar").exists()


def keys(folder: Path) -> tuple[Path, Path]:
    """A key without a passphrase, and the file that allows it to `auditor`."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    key = folder / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30
    )
    signers = folder / "signers"
    signers.write_text(f"auditor {key.with_suffix('.pub').read_text()}")
    return key, signers


def verified(pack: Path, signers: Path, identity: str = "auditor") -> Verified:
    return verify_pack(pack, Signers(file=signers, identity=identity))


def test_a_signed_pack_is_verified_by_its_signer_alone(run: RunFolder, tmp_path: Path) -> None:
    key, signers = keys(tmp_path)
    write_pack(run, tmp_path / "pack.tar", OWNER, NOW, key)
    assert verified(tmp_path / "pack.tar", signers).signature == "valid"
    assert verified(tmp_path / "pack.tar", signers).verified
    assert not verified(tmp_path / "pack.tar", signers, "somebody").verified
    assert verify_pack(tmp_path / "pack.tar", None).signature == "not checked"


def test_a_manifest_that_was_changed_after_signing_is_not_verified(
    run: RunFolder, tmp_path: Path
) -> None:
    key, signers = keys(tmp_path)
    write_pack(run, tmp_path / "pack.tar", OWNER, NOW, key)
    parts = parts_of(tmp_path / "pack.tar")
    parts["manifest.json"] = parts["manifest.json"].replace(b"payments team", b"payment teams")
    found = verified(packed(parts, tmp_path / "changed.tar"), signers)
    assert (found.verified, found.signature) == (False, "invalid")


def test_a_pack_that_must_be_signed_and_is_not_fails(pack: Path, tmp_path: Path) -> None:
    _, signers = keys(tmp_path)
    assert verified(pack, signers).problems == ("the signature is missing",)


def test_a_key_that_is_none_ends_before_anything_is_written(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    with pytest.raises(SignatureError):
        write_pack(run, tmp_path / "pack.tar", OWNER, NOW, tmp_path / "key")
    assert not (tmp_path / "pack.tar").exists()
