"""Defect: SIGTERM ends a service at once, with the requests that are in flight."""

from __future__ import annotations

from dataclasses import replace

from reference_services.chassis.service import Ending, Service


def _at_once(sound: Service) -> Service:
    return replace(sound, ending=Ending(settle_s=0.0, drain_s=0))


SWAPS = {"payments.service": _at_once, "ledger.service": _at_once}
