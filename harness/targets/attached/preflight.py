"""What an attached system needs: services that answer, and a machine that can run the proxies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.host.finding import Finding
from harness.system import Service, System
from harness.targets.local.preflight import preflight as proxies_preflight
from harness.targets.local.probes import probe_of_url


def preflight(system: System, state_root: Path) -> tuple[Finding, ...]:
    """One finding for each instance, then those of the proxies."""
    instances = [
        (name, service, url)
        for service in system.services
        for name, url in zip(system.instance_names(service.name), service.urls, strict=True)
    ]
    ready = asyncio.run(_ask_all([(url, service.ready or "") for _, service, url in instances]))
    seen = zip(instances, ready, strict=True)
    found = tuple(_finding(name, service, url, ok=ok) for (name, service, url), ok in seen)
    return (*found, *proxies_preflight(system, state_root))


async def _ask_all(asked: list[tuple[str, str]]) -> list[bool]:
    return await asyncio.gather(*(probe_of_url(url, path)() for url, path in asked))


def _finding(name: str, service: Service, url: str, *, ok: bool) -> Finding:
    how = f"{url}{service.ready}" if service.ready else f"the port of {url}"
    seen = f"{how} answers" if ok else f"{how} does not answer"
    fix = f"start {service.name}, or correct its `urls` or `ready`"
    return Finding(name=f"service {name}", ok=ok, seen=seen, fix=fix)
