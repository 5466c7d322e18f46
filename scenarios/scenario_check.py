"""A child process that imports one scenario and answers with its curve as data, on stdout.

`python -m scenarios.scenario_check NAME LOAD_S`. Importing may print, wait or fail: the harness
gives it a time limit. A curve of harness.load.traffic is answered by its fields, any other by
samples.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import asdict
from typing import Any, Final

import msgspec

from harness.load.check import SAMPLES, CurveData
from harness.load.traffic import CURVES, KNOWN

_EXPECTED: Final = "a Locust user class with `curve = CURVE`"


def answer(name: str, load_s: float) -> CurveData:
    """The scenario's curve, or what is wrong with the file."""
    try:
        module = importlib.import_module(f"scenarios.{name}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # a user's file may raise anything, and exit
        return CurveData(wrong=_where(error, f"{name}.py"))
    curve = getattr(module, "CURVE", None)
    if not _users(module):
        return CurveData(wrong=f"no user class with a `curve`; write {_EXPECTED}")
    if curve is None:
        return CurveData(wrong="no CURVE; write for example `CURVE = Steady(per_s=100.0)`")
    return _data(curve, load_s)


def _users(module: Any) -> list[Any]:  # noqa: ANN401  # a user's module
    from locust import User  # noqa: PLC0415  # the scenario has imported it already, or is none

    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    return [
        kind
        for kind in kinds
        if issubclass(kind, User) and not kind.abstract and hasattr(kind, "curve")
    ]


def _data(curve: Any, load_s: float) -> CurveData:  # noqa: ANN401  # a user's curve
    name = str(type(curve).__name__)
    if isinstance(curve, KNOWN) and name in CURVES:
        return CurveData(kind=name, fields=asdict(curve))
    try:
        rates = tuple(float(curve.rate(load_s * i / SAMPLES)) for i in range(SAMPLES + 1))
        return CurveData(rates=rates, highest=float(curve.highest), load_s=load_s)
    except Exception as error:  # noqa: BLE001  # as above
        return CurveData(wrong=f"its CURVE cannot be drawn: {type(error).__name__}: {error}"[:300])


def _where(error: BaseException, file: str) -> str:
    """The error and its line in the scenario's own file."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename.endswith(file)]
    line = getattr(error, "lineno", None) or (lines[-1] if lines else None)
    place = f" in line {line}" if line else ""
    return f"cannot be imported: {type(error).__name__}: {error}{place}"[:300]


def main(arguments: list[str]) -> int:
    """Answer on stdout; what the scenario prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    name, load_s = arguments
    answers.write(msgspec.msgpack.encode(answer(name, float(load_s))))
    answers.close()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # a scenario's threads must not keep it alive
