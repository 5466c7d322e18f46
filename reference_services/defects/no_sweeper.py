"""Defect: nobody finishes payments that a request has left open."""

from __future__ import annotations

from reference_services.defects.parts.around import Around


class NoSweeper(Around):
    """A sweeper that never looks."""

    async def start(self) -> None:
        """Nothing begins."""

    async def stop(self) -> None:
        """Nothing ends."""


SWAPS = {"payments.sweeper": NoSweeper}
