"""Defect: a service says that it is ready, whether or not its database answers."""

from __future__ import annotations

from dataclasses import replace

from reference_services.chassis.service import Service


async def _yes() -> str:
    return ""


def _always(sound: Service) -> Service:
    return replace(sound, ready=_yes)


SWAPS = {"payments.service": _always, "ledger.service": _always}
