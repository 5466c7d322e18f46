"""The bank's settings, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reference_services.chassis import service


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`think_s` is how long the bank takes for a charge when nothing is wrong."""

    port: int
    instance: str
    data_dir: Path
    defect: str
    think_s: float


def read(environ: Mapping[str, str]) -> Settings:
    """From the environment. Raises SettingsError."""
    return Settings(
        port=service.port(environ),
        instance=environ.get("INSTANCE", "bank"),
        data_dir=Path(service.required(environ, "DATA_DIR")),
        defect=environ.get("SQUALL_DEFECT", ""),
        think_s=0.003,
    )
