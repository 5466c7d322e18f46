"""The records of one run, as a check sees them."""

from __future__ import annotations

from collections.abc import Mapping

from reports.inputs.evidence_tables import OWN_KEYS, Evidence

_OWN_KEY = "select key from keys where intent = $intent limit 1"


class RunRecords:
    """The tables of one run, and the keys of its `size` intents.

    The key of an intent is `<prefix>-<intent>`, unless the scenario set its own. `asks`: the
    scenario declares what each intent asks (the table `asked`). `complete`: the load came to its
    end; otherwise an attempt in flight has no record, so an intent without one may have been sent.
    """

    def __init__(
        self,
        evidence: Evidence,
        prefix: str,
        size: int,
        *,
        asks: bool = True,
        complete: bool = True,
    ) -> None:
        self.evidence, self.prefix, self.size = evidence, prefix, size
        self.asks, self.complete = asks, complete

    @property
    def key_columns(self) -> Mapping[str, str]:
        """The key column of each table that has one."""
        return self.evidence.key_columns

    def key(self, intent: int) -> str:
        """The key under which an intent is sent."""
        if OWN_KEYS in self.evidence.columns:
            own = self.evidence.ask(_OWN_KEY, intent=intent)["key"].tolist()
            if own:
                return str(own[0])
        return f"{self.prefix}-{intent}"
