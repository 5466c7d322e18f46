"""The payments' settings, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reference_services.chassis import service
from reference_services.chassis.pool_limits import POOL_SIZE, POOL_SIZES, PoolLimits
from reference_services.payments.policy_words import policies_from
from reference_services.resilience.policy import EDGES, EdgePolicy

POLICIES: Final = "EDGE_POLICIES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """URLs have no slash at their end. `failpoints` and `defect` are empty in a sound system."""

    port: int
    instance: str
    database_url: str
    pool_size: int
    ledger_url: str
    bank_url: str
    policies: Mapping[str, EdgePolicy]
    failpoints: str
    defect: str


def read(environ: Mapping[str, str]) -> Settings:
    """From the environment. Raises SettingsError."""
    return Settings(
        port=service.port(environ),
        instance=environ.get("INSTANCE", "payments"),
        database_url=service.required(environ, "DATABASE_URL"),
        pool_size=service.whole_number(environ, POOL_SIZE, PoolLimits().size, POOL_SIZES),
        ledger_url=service.required(environ, "LEDGER_URL").rstrip("/"),
        bank_url=service.required(environ, "BANK_URL").rstrip("/"),
        policies=policies_from(environ.get(POLICIES, ""), EDGES),
        failpoints=environ.get("SQUALL_FAILPOINTS", ""),
        defect=environ.get("SQUALL_DEFECT", ""),
    )
