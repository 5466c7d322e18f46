"""From a key to the number of its intent, and from a beginning of a key to the whole key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.errors import ConfigError
from reports.inputs.evidence_tables import OWN_KEYS, Evidence
from reports.inputs.names import say_names

_MOST_SHOWN: Final = 80
_CHUNK: Final = 10_000
_OF_NAMES: Final = "select key, intent from keys where list_contains($names, key) order by intent"
_BEGIN_SO: Final = "select key, intent from keys where starts_with(key, $key) order by intent"


class Keys:
    """The keys of a run's `size` intents: `<prefix>-<number>`, or the scenario's own."""

    def __init__(self, evidence: Evidence, prefix: str, size: int) -> None:
        self._evidence, self._prefix, self._size = evidence, prefix, size
        self._own = OWN_KEYS in evidence.columns

    def numbers(self, names: Sequence[str]) -> dict[str, int]:
        """The intent of each name that is a key; other names are left out."""
        found = {name: number for name in names if (number := self._numbered(name)) is not None}
        if self._own:
            for at in range(0, len(names), _CHUNK):
                found |= self._own_keys(_OF_NAMES, names=list(names[at : at + _CHUNK]))
        return found

    def find(self, word: str) -> tuple[str, int]:
        """The key and the number of the intent that a person means.

        `word` is a whole key, a number, or a beginning that one key alone has. Raises ConfigError.
        """
        whole = self.numbers([word])
        if word in whole:
            return word, whole[word]
        if word.isascii() and word.isdigit() and int(word) < self._size:
            return self._key(int(word)), int(word)
        found = dict(self._beginning(word))
        if len(found) == 1:
            return next(iter(found.items()))
        shown = _short(word)
        if found:
            text = f"is the beginning of {len(found):,} keys: {say_names([*found])}"
            raise ConfigError(f"--intent {shown!r} {text}; write more of the key")
        usual = f"{self._prefix}-0 to {self._prefix}-{self._size - 1}"
        known = "those of load/keys.parquet" if self._own else usual
        text = f"is not of this run; its keys are {known if self._size else 'none'}"
        raise ConfigError(f"--intent {shown!r} {text}")

    def _key(self, number: int) -> str:
        if self._own:
            query = "select key from keys where intent = $intent limit 1"
            own = self._evidence.ask(query, intent=number)["key"].tolist()
            if own:
                return str(own[0])
        return f"{self._prefix}-{number}"

    def _numbered(self, name: str) -> int | None:
        head, dash, digits = name.rpartition("-")
        if head != self._prefix or not dash or not (digits.isascii() and digits.isdigit()):
            return None
        number = int(digits) if len(digits) <= len(str(self._size)) else self._size
        return number if number < self._size and str(number) == digits else None

    def _beginning(self, word: str) -> Iterator[tuple[str, int]]:
        if not word:
            return
        if self._own:
            yield from self._own_keys(_BEGIN_SO, key=word).items()
        keys = ((f"{self._prefix}-{number}", number) for number in range(self._size))
        yield from (pair for pair in keys if pair[0].startswith(word))

    def _own_keys(self, query: str, **values: object) -> dict[str, int]:
        rows = self._evidence.ask(query, **values)
        return dict(zip(map(str, rows["key"].tolist()), rows["intent"].tolist(), strict=True))


def _short(word: str) -> str:
    """A long word is cut: it may be a whole file."""
    return word if len(word) <= _MOST_SHOWN else f"{word[:_MOST_SHOWN]}..."
