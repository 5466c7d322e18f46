"""The records of one run, as a check sees them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reports.inputs.evidence_tables import OWN_KEYS, Evidence
from reports.inputs.stored import StoredRun

_OWN_KEY = "select key from keys where intent = $intent limit 1"


class RunRecords:
    """The tables of one run, and the keys of its `size` intents.

    The key of an intent is `<prefix>-<intent>`, unless the scenario set its own. `asks`: the
    scenario declares what each intent asks (the table `asked`). `complete`: every load worker came
    to its end; otherwise an intent without a record may have been sent. `folder`: the stored run,
    if it is one.
    """

    def __init__(
        self,
        evidence: Evidence,
        prefix: str,
        size: int,
        *,
        asks: bool = True,
        complete: bool = True,
        folder: Path | None = None,
    ) -> None:
        self.evidence, self.prefix, self.size = evidence, prefix, size
        self.asks, self.complete, self.folder = asks, complete, folder

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


def records_of(stored: StoredRun) -> RunRecords:
    """The records of a stored run."""
    return RunRecords(
        stored.evidence,
        stored.manifest.intent_prefix,
        len(stored.due),
        asks=stored.asks,
        complete=stored.complete,
        folder=stored.folder,
    )
