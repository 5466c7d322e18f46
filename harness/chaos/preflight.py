"""What Chaos Toolkit itself says of an experiment, and whether its Python activities can be called.

Modules that are not ours are imported in a child process with a time limit: importing one may
print, wait or end the process. The child is this module: a request on stdin, an answer on stdout.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from harness.chaos.functions import Call, WrongCall, wrong_calls
from harness.python_child import CHECKOUT, python_module
from harness.safety.tied import tie

IMPORT_LIMIT_S: Final = 15.0
_OURS: Final = ("harness.chaos.actions", "harness.chaos.probes")
_LOGGERS: Final = ("chaostoolkit", "chaostoolkit-lib")


class PreflightAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the calls, and Chaos Toolkit's own objection ("" if it has none)."""

    calls: tuple[WrongCall, ...] = ()
    objection: str = ""


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    calls: tuple[Call, ...]
    document: dict[str, Any]


def ask(calls: Sequence[Call], document: dict[str, Any], *, foreign: bool) -> PreflightAnswer:
    """Check calls and document; `foreign`: another module than ours is named somewhere."""
    ours = all(call.module in _OURS for call in calls)
    if ours and not foreign:
        return _answer(tuple(calls), document)
    return _ask_child(tuple(calls), document)


def _answer(calls: tuple[Call, ...], document: dict[str, Any]) -> PreflightAnswer:
    wrong = tuple(wrong_calls(calls))
    return PreflightAnswer(calls=wrong, objection="" if wrong else _objection(document))


def _objection(document: dict[str, Any]) -> str:
    """Chaos Toolkit's own check. A secret from a vault is left out: this must not call it."""
    from chaoslib.experiment import ensure_experiment_is_valid  # noqa: PLC0415  # half a second

    with _quiet():
        try:
            ensure_experiment_is_valid(_without_vault(document))
        except Exception as error:  # noqa: BLE001  # chaoslib raises its own and any other
            return f"{type(error).__name__}: {error}"[:300]
    return ""


def _without_vault(document: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(document))
    for group in (copy.get("secrets") or {}).values():
        for name, value in list(group.items()):
            if isinstance(value, dict) and value.get("type") == "vault":
                group[name] = ""
    return {key: value for key, value in copy.items() if value is not None}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Chaos Toolkit logs while it checks; the answer says it all."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _ask_child(calls: tuple[Call, ...], document: dict[str, Any]) -> PreflightAnswer:
    request = msgspec.json.encode(_Request(calls=calls, document=document))
    try:
        done = subprocess.run(
            python_module("harness.chaos.preflight"),
            cwd=CHECKOUT,
            input=request,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=IMPORT_LIMIT_S,
            start_new_session=True,
            preexec_fn=tie(),  # system calls only
            check=False,
        )
        return msgspec.json.decode(done.stdout, type=PreflightAnswer)
    except subprocess.TimeoutExpired:
        why = f"its import took longer than {IMPORT_LIMIT_S:g} s"
    except msgspec.MsgspecError:
        why = "its import ended the process"
    allowed, fix = "a module that can be imported at once", "look at what the module does at import"
    foreign = [call for call in calls if call.module not in _OURS]
    wrong = [
        WrongCall(at=call.at, part="module", wrong=why, allowed=allowed, fix=fix)
        for call in foreign
    ]
    return PreflightAnswer(calls=tuple(wrong), objection="" if wrong else f"a control: {why}")


def main() -> int:
    """The child: what modules print goes to stderr, only the answer to stdout."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=_Request)
    answer = _answer(request.calls, request.document)
    answers.write(msgspec.json.encode(answer))
    answers.close()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a foreign module's threads must not keep it alive
