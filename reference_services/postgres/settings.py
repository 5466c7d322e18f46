"""The database's settings, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reference_services.chassis import service
from reference_services.chassis.errors import SettingsError

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`sockets`: the folder of the unix socket and of the password's file, in memory or so."""

    host: str
    port: int
    data_dir: Path
    sockets: Path
    databases: tuple[str, ...]
    password: str


def read(environ: Mapping[str, str]) -> Settings:
    """From the environment. Raises SettingsError."""
    names = tuple(service.required(environ, "DATABASES").split())
    for name in names:
        if not _NAME.fullmatch(name):
            raise SettingsError(f"DATABASES: {name[:63]!r}: write small letters, digits and _")
    return Settings(
        host=environ.get("HOST", "127.0.0.1"),
        port=service.port(environ),
        data_dir=Path(service.required(environ, "DATA_DIR")),
        sockets=Path(service.required(environ, "SOCKET_DIR")),
        databases=names,
        password=service.required(environ, "PGPASSWORD"),
    )
