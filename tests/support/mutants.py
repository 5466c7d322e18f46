"""Mutated experiment and system files: seeded, each with its kind and whether it breaks a rule."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

_EXTREMES: Final[tuple[Any, ...]] = (
    *(0, -1, 10**400, 10**18, -(10**18), 1e308, 99_999, 0.0, -0.5),
    *(float("nan"), float("inf"), -float("inf")),
)
_OTHERS: Final[tuple[Any, ...]] = (
    *(None, True, "text", 7, 1.5, [], {}),
    *(["a"], {"a": 1}, "", "\x1b[31m"),
)
_NOISE: Final = (b"\t", b"\x00", b"\xff", b"&a *a", b": ", b"- ", b"{", b"!!x ")
# Texts that a person may write as they like: a changed letter there breaks no rule.
_FREE: Final = frozenset(
    {"title", "description", "question", "tags", "name", "env", "health", "ready", "path"}
)
_FREE_LISTS: Final = frozenset({"tags", "command", "events", "databases"})
Path = tuple[str | int, ...]
Tree = Any  # what a YAML file holds, of any shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """The bytes of a mutated file. `breaks`: whether it surely breaks a rule."""

    kind: str
    raw: bytes
    breaks: bool


def mutants(text: str, count: int, seed: int) -> Iterator[Mutant]:
    """Mutants of a sound file, the same for the same seed."""
    draw = random.Random(seed)
    value = yaml.safe_load(text)
    for _ in range(count):
        make = draw.choice(_MAKERS)
        yield make(draw, text, copy.deepcopy(value))


def _places(value: Tree, at: Path = ()) -> Iterator[Path]:
    yield at
    pairs = value.items() if isinstance(value, dict) else ()
    for key, item in (*pairs, *(enumerate(value) if isinstance(value, list) else ())):
        yield from _places(item, (*at, key))


def _get(value: Tree, at: Path) -> Tree:
    for step in at:
        value = value[step]
    return value


def _dump(value: Tree, kind: str, *, breaks: bool) -> Mutant:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=10**6)
    return Mutant(kind=kind, raw=text.encode("utf-8", "surrogatepass"), breaks=breaks)


def _keys(value: Tree) -> list[Path]:
    free = {"env", "columns"}  # whose keys are names that the file defines
    return [at for at in _places(value) if at and isinstance(at[-1], str) and not free & {*at[:-1]}]


def _rename_key(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    at = draw.choice(_keys(value))
    holder, key = _get(value, at[:-1]), str(at[-1])
    typed = _typing_error(draw, key)
    pairs = [(typed if k == key else k, v) for k, v in holder.items()]
    holder.clear()
    holder.update(pairs)
    return _dump(value, "renamed key", breaks=True)


def _delete(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    at = draw.choice([p for p in _places(value) if p])
    del _get(value, at[:-1])[at[-1]]
    return _dump(value, "deleted", breaks=False)


def _typing_error(draw: random.Random, word: str) -> str:
    place = draw.randrange(len(word))
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz".replace(word[place], ""))
    match draw.randrange(3):
        case 0 if len(word) > 1:
            return word[:place] + word[place + 1 :]
        case 1:
            return word[:place] + letter + word[place + 1 :]
        case _:
            return word[:place] + letter + word[place:]


def _misspell_value(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    texts = [at for at in _places(value) if isinstance(_get(value, at), str) and _get(value, at)]
    at = draw.choice(texts)
    holder = _get(value, at[:-1])
    holder[at[-1]] = _typing_error(draw, holder[at[-1]])
    free = _FREE & set(at) or _FREE_LISTS & set(at)
    return _dump(value, "misspelt value", breaks=not free)


def _retype(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    at = draw.choice([p for p in _places(value) if p])
    old, new = _get(value, at), copy.deepcopy(draw.choice(_OTHERS))
    _get(value, at[:-1])[at[-1]] = new
    numbers = (int, float)
    alike = type(old) is type(new) or (isinstance(old, numbers) and isinstance(new, numbers))
    free = (
        new is None
        or alike
        or isinstance(old, list)
        or "tolerance" in at
        or {"arguments", "columns"} & {*at}
    )
    return _dump(value, "retyped", breaks=not free)


def _extreme(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    numbers = [
        at
        for at in _places(value)
        if isinstance(_get(value, at), int | float) and not isinstance(_get(value, at), bool)
    ]
    at, new = draw.choice(numbers), draw.choice(_EXTREMES)
    _get(value, at[:-1])[at[-1]] = new
    may_be_zero = at[-1] in ("warm_up_s", "drain_s", "limit")
    free = (may_be_zero and new == 0) or (at[-1] == "in_flight_max" and new == 99_999)
    return _dump(value, "extreme number", breaks=not free)


def _duplicate_key(draw: random.Random, text: str, value: Tree) -> Mutant:
    del value
    lines = text.split("\n")
    tops = [i for i, line in enumerate(lines) if line and line[0].isalpha() and ":" in line]
    line = lines[draw.choice(tops)]
    again = f"{line.split(':')[0]}: again"
    return Mutant(kind="duplicate key", raw="\n".join([*lines, again, ""]).encode(), breaks=True)


def _duplicate_item(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    lists = [at for at in _places(value) if isinstance(_get(value, at), list) and _get(value, at)]
    at = draw.choice(lists)
    items = _get(value, at)
    items.insert(draw.randrange(len(items) + 1), copy.deepcopy(draw.choice(items)))
    return _dump(value, "duplicate item", breaks=False)


def _swap(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    places = [p for p in _places(value) if p]
    one, other = draw.choice(places), draw.choice(places)
    if one[: len(other)] == other or other[: len(one)] == one:
        return _dump(value, "swapped", breaks=False)
    first, second = _get(value, one), _get(value, other)
    _get(value, one[:-1])[one[-1]], _get(value, other[:-1])[other[-1]] = second, first
    return _dump(value, "swapped", breaks=False)


def _bytes(draw: random.Random, text: str, value: Tree) -> Mutant:
    del value
    raw = bytearray(text.encode())
    for _ in range(draw.choice((1, 1, 3, 30))):
        place = draw.randrange(len(raw))
        match draw.randrange(4):
            case 0:
                raw[place] = draw.randrange(256)
            case 1:
                del raw[place : place + draw.randrange(1, 20)]
            case 2:
                raw[place:place] = draw.choice(_NOISE)
            case _:
                raw[place:place] = raw[place : place + draw.randrange(1, 200)]
    return Mutant(kind="bytes", raw=bytes(raw), breaks=False)


def _unknown_key(draw: random.Random, text: str, value: Tree) -> Mutant:
    del text
    maps = [at for at in _places(value) if isinstance(_get(value, at), dict) and "env" not in at]
    _get(value, draw.choice(maps))[f"x{draw.randrange(1000)}"] = draw.choice((1, "a", [], {}))
    return _dump(value, "unknown key", breaks=True)


_MAKERS: Final = (
    *(_rename_key, _delete, _misspell_value, _retype, _extreme),
    *(_duplicate_key, _duplicate_item, _swap, _bytes, _unknown_key),
)
