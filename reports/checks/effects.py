"""Check `effects`: an acknowledged intent has exactly one row under its key, a refused one none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from harness.evidence.declared import EffectsSettings
from harness.evidence.schema import DECIMAL, quoted, quoted_name
from harness.load.asked import ASKED
from reports.checks.base import Needs, Violation, ViolationClass
from reports.checks.run_records import RunRecords
from reports.inputs.evidence_tables import Column
from reports.measures.cohorts import NEVER, Block, Flags, Known

DOUBLED: Final = ViolationClass(
    name="effect_doubled",
    label="effects that exist twice",
    one="intent has more than one effect",
    many="intents have more than one effect",
)
LOST: Final = ViolationClass(
    name="effect_lost",
    label="acknowledged without an effect",
    one="intent was acknowledged and has no effect",
    many="intents were acknowledged and have no effect",
)
GHOST: Final = ViolationClass(
    name="effect_ghost",
    label="refused or never sent, with an effect",
    one="intent was refused or never sent and has an effect",
    many="intents were refused or never sent and have an effect",
)
UNKNOWN_KEY: Final = ViolationClass(
    name="effect_unknown_key",
    label="effects under keys that no intent has",
    one="key in the table belongs to no intent",
    many="keys in the table belong to no intent",
)
DIFFERS: Final = ViolationClass(
    name="effect_differs",
    label="effects unlike what was asked",
    one="effect differs from what its intent asked",
    many="effects differ from what their intents asked",
)
UNRESOLVED: Final = ViolationClass(
    name="effect_unresolved",
    label="effects not brought to an end in time",
    one="effect was not brought to an end in time",
    many="effects were not brought to an end in time",
    proven=False,
)
CLASSES: Final = (DOUBLED, LOST, GHOST, UNKNOWN_KEY, DIFFERS, UNRESOLVED)
_UNCLAIMED: Final = 255
_MOST_ROWS: Final = 6
_NUMBERS: Final = ("BIGINT", "DECIMAL(38,9)")


class EffectsCheck:
    """Counts the rows of each intent's key, after the last block in two queries."""

    def __init__(self, name: str, settings: EffectsSettings, records: RunRecords) -> None:
        self.name, self.classes = name, CLASSES
        self.needs, self.joins = needs_of(settings), (settings.table,)
        self._it, self._records = settings, records
        self._known = np.full(records.size, Known.UNSTARTED, dtype=np.uint8)
        self._late = np.zeros(records.size, dtype=np.bool_)

    def add(self, block: Block) -> None:
        """Remember what each intent's client knows of its effect."""
        cohorts = block.cohorts
        at = slice(cohorts.first, cohorts.first + len(cohorts.known))
        started = cohorts.known != Known.UNSTARTED
        self._known[at] = np.where(started & ~cohorts.claims, _UNCLAIMED, cohorts.effect)
        if self._it.resolve_s is not None:
            took_us = cohorts.settled_us - cohorts.unknown_us
            is_late = (cohorts.settled_us == NEVER) | (took_us > self._it.resolve_s * 1e6)
            self._late[at] = cohorts.claims & (cohorts.unknown_us != NEVER) & is_late

    def result(self) -> tuple[Violation, ...]:
        """By the keys of the intents."""
        found = self._found()
        return tuple(
            Violation(kind=kind, names=found[kind], proof=self._proof(found[kind][0]))
            for kind in CLASSES
            if found[kind]
        )

    def _found(self) -> dict[ViolationClass, tuple[str, ...]]:
        effects, unfinished, differs = self._counts()
        known, sent = self._known, self._known != _UNCLAIMED
        unsent = (known == Known.UNSTARTED) & self._records.complete
        never = (known == Known.REFUSED) | unsent
        doubled, lost = effects > 1, (known == Known.CAPTURED) & (effects == 0)
        ghost = never & (effects > 0)
        graver = doubled | lost | ghost | differs
        flags = {
            DOUBLED: sent & doubled,
            LOST: lost,
            GHOST: ghost,
            DIFFERS: sent & differs,
            UNRESOLVED: sent & ~graver & (self._late | unfinished),
        }
        names = {kind: self._names(wrong) for kind, wrong in flags.items()}
        return {**names, UNKNOWN_KEY: self._strangers()}

    def _names(self, wrong: Flags) -> tuple[str, ...]:
        return tuple(self._records.key(intent) for intent in np.flatnonzero(wrong).tolist())

    def _counts(self) -> tuple[Column, Flags, Flags]:
        """Of each intent: its effects, whether one did not reach an end, whether one differs."""
        evidence = self._records.evidence
        types = {name: evidence.types(name) for name in self.needs}
        rows = evidence.ask(_counts_query(self._it, types), size=self._records.size)
        effects = np.zeros(self._records.size, dtype=np.int64)
        unfinished, differs = np.zeros((2, self._records.size), dtype=np.bool_)
        effects[rows["intent"]] = rows["effects"]
        unfinished[rows["intent"]] = rows["unfinished"]
        differs[rows["intent"]] = rows["differs"]
        return effects, unfinished, differs

    def _strangers(self) -> tuple[str, ...]:
        """Keys of this run's form that no intent has; every such key if only we write there."""
        key = f"coalesce({self._key()}::varchar, '')"
        of_run = "" if self._it.only_ours else f"and starts_with({key}, $prefix)"
        query = f"""
            select distinct {key} as key from {self._it.table}
            where coalesce(intent not between 0 and $size - 1, true) {of_run} order by key"""  # noqa: S608  # declared names
        values: dict[str, object] = {"size": self._records.size}
        if not self._it.only_ours:
            values["prefix"] = f"{self._records.prefix}-"
        return tuple(self._records.evidence.ask(query, **values)["key"].tolist())

    def _key(self) -> str:
        return quoted_name(self._records.key_columns[self._it.table])

    def _proof(self, name: str) -> str:
        """The rows under a key."""
        columns = {*self._it.where, *self._it.unfinished, *self._it.equal}
        shown = " || ' ' || ".join(_shown(column) for column in sorted(columns)) or "'a row'"
        query = f"""
            select {shown} as what from {self._it.table}
            where coalesce({self._key()}::varchar, '') = $name order by row"""  # noqa: S608  # declared names
        rows = self._records.evidence.ask(query, name=name)["what"].tolist()
        more = f" and {len(rows) - _MOST_ROWS:,} more" if len(rows) > _MOST_ROWS else ""
        return f"{self._it.table}: {', '.join(rows[:_MOST_ROWS]) or 'nothing'}{more}"


def needs_of(settings: EffectsSettings) -> Needs:
    """The tables and columns that a check with these settings reads."""
    columns = tuple({*settings.where, *settings.unfinished, *settings.equal})
    asked = {ASKED: tuple(settings.equal.values())} if settings.equal else {}
    return {settings.table: columns, **asked}


def _counts_query(it: EffectsSettings, types: Mapping[str, Mapping[str, str]]) -> str:
    """One row an intent that has rows. A null counts as another value.

    `types`: the SQL type of each column, by the table.
    """
    counts = _among(it.where) if it.where else "true"
    unfinished = _among(it.unfinished) if it.unfinished else "false"
    differs, join = "false", ""
    if it.equal:
        unlike = (
            _unlike((own, types[it.table][own]), (asked, types[ASKED][asked]))
            for own, asked in it.equal.items()
        )
        differs, join = f"({' or '.join(unlike)})", f"left join {ASKED} a on a.intent = t.intent"
    return f"""
        select t.intent as intent, count(*) filter ({counts}) as effects,
               bool_or({unfinished}) as unfinished, bool_or({counts} and {differs}) as differs
        from {it.table} t {join} where t.intent between 0 and $size - 1 group by t.intent"""  # noqa: S608  # declared names


def _unlike(own: tuple[str, str], asked: tuple[str, str]) -> str:
    """SQL: whether two columns, each with its type, have different values.

    SQL itself would round: it takes the text 12.4 for the integer 12.
    """
    stored, wanted = f"t.{quoted_name(own[0])}", f"a.{quoted_name(asked[0])}"
    kinds = (own[1], asked[1])
    if kinds[0] != kinds[1] and set(kinds) & {*_NUMBERS} and set(kinds) <= {*_NUMBERS, "VARCHAR"}:
        stored, wanted = (_exact(*of) for of in ((stored, own[1]), (wanted, asked[1])))
    elif kinds[0] != kinds[1]:
        stored, wanted = f"{stored}::varchar", f"{wanted}::varchar"
    return f"{stored} is distinct from {wanted}"


def _exact(name: str, kind: str) -> str:
    """SQL: a number without rounding; a text that is none stays unlike every number."""
    if kind != "VARCHAR":
        return f"{name}::decimal(38, 9)::varchar"
    number = f"try_cast({name} as decimal(38, 9))::varchar"
    return f"case when regexp_full_match({name}, '{DECIMAL}') then {number} else {name} end"


def _among(values: Mapping[str, Sequence[str]]) -> str:
    """SQL: each column has one of its values, as text."""
    parts = (
        f"coalesce(t.{quoted_name(column)}::varchar in ({', '.join(map(quoted, words))}), false)"
        for column, words in values.items()
    )
    return f"({' and '.join(parts)})"


def _shown(column: str) -> str:
    return f"'{column} ' || coalesce({quoted_name(column)}::varchar, 'null')"
