"""`python -m reference_services.chassis.volume FOLDER TOKEN`: an empty place for each installation.

A cluster can give a volume with the data of an earlier installation of the system. The token of a
service account names the account's uid, which is new for each installation: the data is kept in
`FOLDER/<uid>`, `FOLDER/current` leads there, and what others have left in FOLDER is removed.
"""

from __future__ import annotations

import base64
import binascii
import re
import shutil
import sys
from pathlib import Path
from typing import Final

import msgspec

from reference_services.chassis.errors import SettingsError

CURRENT: Final = "current"
_UID: Final = re.compile(r"[0-9a-f-]{8,64}")


class _Account(msgspec.Struct):
    uid: str


class _Kubernetes(msgspec.Struct):
    serviceaccount: _Account


class _Claims(msgspec.Struct):
    kubernetes: _Kubernetes = msgspec.field(name="kubernetes.io")


def installation(token: str) -> str:
    """The uid of the service account that the token is for. Raises SettingsError."""
    try:
        claims = token.strip().split(".")[1]
        padded = claims + "=" * (-len(claims) % 4)
        content = base64.urlsafe_b64decode(padded)
        uid = msgspec.json.decode(content, type=_Claims).kubernetes.serviceaccount.uid
    except (IndexError, binascii.Error, msgspec.MsgspecError) as error:
        raise SettingsError(f"the token is not that of a service account: {error}") from error
    if not _UID.fullmatch(uid):
        raise SettingsError(f"the token names no account's uid: {uid[:64]!r}")
    return uid


def prepare(folder: Path, uid: str) -> Path:
    """The folder of this installation, the only one that is left."""
    for other in folder.iterdir():
        if other.is_dir() and not other.is_symlink() and other.name != uid:
            shutil.rmtree(other, ignore_errors=True)
    place, link = folder / uid, folder / CURRENT
    place.mkdir(mode=0o700, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(uid)
    return place


if __name__ == "__main__":
    try:
        prepare(Path(sys.argv[1]), installation(Path(sys.argv[2]).read_text(encoding="ascii")))
    except SettingsError as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(2)
