"""The payments' settings, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_services.chassis import service


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """URLs have no slash at their end. `failpoints` and `defect` are empty in a sound system."""

    port: int
    instance: str
    database_url: str
    ledger_url: str
    bank_url: str
    failpoints: str
    defect: str


def read(environ: Mapping[str, str]) -> Settings:
    """From the environment. Raises SettingsError."""
    return Settings(
        port=service.port(environ),
        instance=environ.get("INSTANCE", "payments"),
        database_url=service.required(environ, "DATABASE_URL"),
        ledger_url=service.required(environ, "LEDGER_URL").rstrip("/"),
        bank_url=service.required(environ, "BANK_URL").rstrip("/"),
        failpoints=environ.get("SQUALL_FAILPOINTS", ""),
        defect=environ.get("SQUALL_DEFECT", ""),
    )
