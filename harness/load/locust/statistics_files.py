"""Locust's CSV files are whole at the end: Locust writes them once a second, and not at its end."""

from __future__ import annotations

from typing import Any

from locust.stats import StatsCSVFileWriter

_TABLES = ("requests", "failures", "exceptions")


def write_the_last_second() -> None:
    """Have Locust write each file again before it closes them."""
    writer: Any = StatsCSVFileWriter
    close = writer.close_files

    def close_files(self: Any) -> None:  # noqa: ANN401  # Locust is untyped
        for table in _TABLES:
            file, rows = (getattr(self, f"{table}_csv_{what}") for what in ("filehandle", "writer"))
            file.seek(0)
            getattr(self, f"{table}_csv")(rows)
            file.truncate()
        close(self)

    writer.close_files = close_files
