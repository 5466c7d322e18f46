"""Signs a manifest with an SSH key and checks it: `ssh-keygen -Y`, in the namespace squall-pack."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from reports.pack.errors import SignatureError

NAMESPACE: Final = "squall-pack"
_LIMIT_S: Final = 60


def sign(text: bytes, key: Path) -> bytes:
    """The signature of the text by a private key (a file, or a public key whose agent has it).

    Raises SignatureError.
    """
    if not key.is_file():
        raise SignatureError("no such key", file=key)
    done = _ssh_keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(key), text=text)
    if done.returncode != 0:
        raise SignatureError(f"cannot sign: {_said(done)}", file=key)
    return done.stdout


def is_signed_by(text: bytes, signature: bytes, signers: Path, identity: str) -> bool:
    """Whether the signature is that person's, by a file of allowed signers (ssh-keygen(1)).

    Raises SignatureError where the file or the tool is missing.
    """
    if not signers.is_file():
        raise SignatureError("no such file of allowed signers", file=signers)
    with tempfile.NamedTemporaryFile(suffix=".sig") as stored:
        stored.write(signature)
        stored.flush()
        words = ("-f", str(signers), "-I", identity, "-n", NAMESPACE, "-s", stored.name)
        return _ssh_keygen("-Y", "verify", *words, text=text).returncode == 0


def _ssh_keygen(*words: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *words], input=text, capture_output=True, check=False, timeout=_LIMIT_S
        )
    except FileNotFoundError:
        raise SignatureError("ssh-keygen is not installed; install OpenSSH 8.1 or newer") from None
    except subprocess.TimeoutExpired:
        raise SignatureError("ssh-keygen did not answer: use a key without a passphrase") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"exit {done.returncode}"
