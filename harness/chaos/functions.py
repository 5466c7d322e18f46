"""Whether a Python activity can be called: its module, its function, its arguments by signature."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, Final, Literal

import msgspec

from harness.files.problems import fix_name, listed
from harness.run.signals import Stopped

_OURS: Final = "harness."
_GIVEN_BY_TOOLKIT: Final = ("secrets", "configuration")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One Python activity. `unknown` are the arguments whose values only the run finds out."""

    at: str
    module: str
    func: str
    arguments: dict[str, Any]
    unknown: tuple[str, ...] = ()


class WrongCall(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a call. `name` is the argument's, where `part` is argument or missing."""

    at: str
    part: Literal["module", "func", "argument", "missing"]
    wrong: str
    allowed: str
    fix: str
    name: str = ""


def wrong_calls(calls: Sequence[Call]) -> list[WrongCall]:
    """All that is wrong with these calls. Imports their modules."""
    return [wrong for call in calls for wrong in _check(call)]


def _check(call: Call) -> Iterator[WrongCall]:
    try:
        module = importlib.import_module(call.module)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except Stopped:  # a person's wish, not a fault of the module
        raise
    except BaseException as error:  # noqa: BLE001  # a foreign module may raise anything, and exit
        why = f"cannot be imported: {type(error).__name__}: {error}"[:200]
        allowed = "a module that this Python can import"
        fix = "correct the name, or install the package"
        yield WrongCall(at=call.at, part="module", wrong=why, allowed=allowed, fix=fix)
        return
    functions = _functions(module)
    found = functions.get(call.func)
    if found is None:
        names = sorted(name for name in functions if not name.startswith("_"))
        wrong = f"no such function in {call.module}"
        fix = fix_name(call.func, names)
        yield WrongCall(at=call.at, part="func", wrong=wrong, allowed=listed(names), fix=fix)
        return
    yield from _arguments(call, found)


def _functions(module: ModuleType) -> dict[str, Callable[..., object]]:
    """What Chaos Toolkit can call there; of our own modules only what they define."""
    found: dict[str, Callable[..., object]] = {
        name: member
        for name, member in inspect.getmembers(module)
        if inspect.isfunction(member) or inspect.isbuiltin(member)
    }
    if not module.__name__.startswith(_OURS):
        return found
    return {
        name: member
        for name, member in found.items()
        if member.__module__ == module.__name__ and not name.startswith("_")
    }


def _arguments(call: Call, function: Callable[..., object]) -> Iterator[WrongCall]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some builtins have none to look at
        return
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = {n: p for n, p in parameters.items() if p.kind in kinds}
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    own = [name for name in named if name not in _GIVEN_BY_TOOLKIT]
    for name in call.arguments:
        if name not in named and not takes_all:
            wrong = f"{call.func} has no argument `{name[:60]}`"
            yield _wrong(call, "argument", name, wrong, listed(own), fix_name(name, own))
    for name in own:
        empty = named[name].default is inspect.Parameter.empty
        if empty and name not in call.arguments:
            wrong = f"{call.func} needs the argument `{name}`"
            yield _wrong(call, "missing", name, wrong, listed(own), f"add `{name}: ...`")
    yield from _types(call, function)


def _types(call: Call, function: Callable[..., object]) -> Iterator[WrongCall]:
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # noqa: BLE001  # a foreign module's annotations may name anything
        return
    for name, value in call.arguments.items():
        if name not in hints or name in call.unknown:
            continue
        try:
            msgspec.convert(value, hints[name])
        except msgspec.ValidationError as error:
            wrong = f"not of the argument's type: {error}"
            allowed = getattr(hints[name], "__name__", str(hints[name]))
            fix = f"write a value of type {allowed}"
            yield _wrong(call, "argument", name, wrong, allowed, fix)
        except Exception:  # noqa: BLE001, S112  # a type that msgspec does not know cannot be checked
            continue


def _wrong(
    call: Call, part: Literal["argument", "missing"], name: str, wrong: str, *rest: str
) -> WrongCall:
    allowed, fix = rest
    return WrongCall(at=call.at, part=part, name=name, wrong=wrong, allowed=allowed, fix=fix)
