"""The ledger's settings, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_services.chassis import service
from reference_services.chassis.pool_limits import POOL_SIZE, POOL_SIZES, PoolLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`defect` is empty in a sound system."""

    port: int
    instance: str
    database_url: str
    pool_size: int
    defect: str


def read(environ: Mapping[str, str]) -> Settings:
    """From the environment. Raises SettingsError."""
    return Settings(
        port=service.port(environ),
        instance=environ.get("INSTANCE", "ledger"),
        database_url=service.required(environ, "DATABASE_URL"),
        pool_size=service.whole_number(environ, POOL_SIZE, PoolLimits().size, POOL_SIZES),
        defect=environ.get("SQUALL_DEFECT", ""),
    )
