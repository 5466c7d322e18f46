"""Runs one Chaos Toolkit activity by itself: a proof probe, or the undo of a foreign fault."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from chaoslib.activity import run_activity
from chaoslib.configuration import load_configuration
from chaoslib.hypothesis import within_tolerance
from chaoslib.secret import load_secrets

from harness.errors import FaultError

_log = logging.getLogger(__name__)


class Activities:
    """Runs activities with the configuration and the secrets of one experiment."""

    def __init__(self, experiment: Mapping[str, Any]) -> None:
        self._configuration = load_configuration(dict(experiment.get("configuration") or {}))
        secrets = dict(experiment.get("secrets") or {})
        self._secrets = load_secrets(secrets, self._configuration)

    def run(self, activity: Mapping[str, Any]) -> None:
        """Run an action. Raises FaultError with its own error."""
        try:
            run_activity(dict(activity), self._configuration, self._secrets)
        except Exception as error:  # a foreign activity may raise anything
            raise FaultError(f"{activity.get('name')}: {error!r}"[:500]) from error

    def holds(self, probe: Mapping[str, Any]) -> bool | None:
        """Whether a probe answers within its tolerance; None if it failed."""
        try:
            output = run_activity(dict(probe), self._configuration, self._secrets)
            tolerance = probe.get("tolerance", True)
            return bool(within_tolerance(tolerance, output, self._configuration, self._secrets))
        except Exception as error:  # noqa: BLE001  # as above
            _log.warning("the probe %s failed: %r", probe.get("name"), error)
            return None
