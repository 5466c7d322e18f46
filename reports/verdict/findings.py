"""What a failed run shows, as the rules of the likely cause read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a failed run shows.

    `proofs`: class of violation -> the records behind its first finding, by table. `missed`: the
    metrics of objectives that do not hold. `edge`: the edge that was faulted last; `service`: the
    service whose instance was struck last. `fault`: the kind of the last fault, `variables` what it
    put into the environment of an instance. `opened`: the edge of a breaker that opened. `repeats`:
    attempts per call of each edge. `is_reference`: the checks are those of the reference payment
    system, so its parts may be named.
    """

    proofs: Mapping[str, str] = field(default_factory=dict)
    missed: frozenset[str] = frozenset()
    edge: str = ""
    service: str = ""
    fault: str = ""
    variables: str = ""
    opened: str = ""
    repeats: Mapping[str, float] = field(default_factory=dict)
    is_reference: bool = True

    def rows(self, kind: str, table: str) -> tuple[str, ...]:
        """The rows of a table in the proof of a class."""
        for part in self.proofs.get(kind, "").split("; "):
            name, _, rows = part.partition(": ")
            if name == table and rows != "nothing":
                return tuple(rows.split(", "))
        return ()

    def count(self, kind: str, table: str, word: str) -> int:
        """How many of these rows begin with a word."""
        return sum(row.startswith(word) for row in self.rows(kind, table))
