"""A child process that imports one scenario and answers with its curve as data, on stdout.

`python -m harness.load.scenario_check PATH ENGINE LOAD_S`. Importing may print, wait or fail: the
harness gives it a time limit. A curve of harness.load.traffic is answered by its fields, any other
by samples.
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from harness.errors import ConfigError
from harness.load.check import SAMPLES, CurveData
from harness.load.header_variables import headers_from
from harness.load.scenario import LEAN, import_scenario
from harness.load.traffic import CURVES, KNOWN

_MOVED: Final = {
    "harness.traffic": "harness.load.traffic",
    "harness.records": "harness.load.records",
    "scenarios.open_loop": "harness.load.locust.open_loop",
    "scenarios.paying_user": "scenarios.payment_users, and PaymentUser for PayingUser",
}
_A_CURVE: Final = "write for example `CURVE = Steady(per_s=100.0)`"


def answer(path: Path, engine: str, load_s: float) -> CurveData:
    """The scenario's curve, or what is wrong with the file."""
    try:
        module = import_scenario(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # a user's file may raise anything, and exit
        return CurveData(wrong=_where(error, path.name))
    return _lean(module, load_s) if engine == LEAN else _locust(module, load_s)


def _lean(module: ModuleType, load_s: float) -> CurveData:
    curve = getattr(module, "CURVE", None)
    payers = getattr(module, "PAYERS", None)
    if not hasattr(payers, "payer") or not hasattr(payers, "names"):
        return CurveData(wrong="ENGINE is lean, so state PAYERS: an object of harness.load.payer")
    if "locust" in sys.modules:
        return CurveData(wrong="ENGINE is lean, but the file imports Locust")
    try:
        headers_from(getattr(module, "HEADERS", {}), os.environ)
    except ConfigError as error:
        return CurveData(wrong=str(error))
    return CurveData(wrong=f"no CURVE; {_A_CURVE}") if curve is None else _data(curve, load_s)


def _locust(module: ModuleType, load_s: float) -> CurveData:
    users = _users(module)
    opened = [user for user in users if hasattr(user, "open_loop")]
    curves = [getattr(user, "curve", None) or getattr(module, "CURVE", None) for user in opened]
    wrong = _wrong_users(users, curves, has_curve=hasattr(module, "CURVE"))
    if wrong:
        return CurveData(wrong=wrong)
    return _data(curves[0], load_s) if curves else CurveData(open_loop=False)


def _wrong_users(users: list[Any], curves: list[Any], *, has_curve: bool) -> str:
    if not users:
        return "no user class; write for example a subclass of FastHttpUser"
    if not curves:
        return "it has a CURVE, but no user class that mixes in OpenLoop" if has_curve else ""
    if len(curves) < len(users):
        return "users with and without OpenLoop in one file; write a file for each"
    if None in curves:
        return f"no curve; {_A_CURVE}"
    if any(curve != curves[0] for curve in curves):
        return "its users have different curves; write a file for each"
    return ""


def _users(module: ModuleType) -> list[Any]:
    locust = sys.modules.get("locust")  # the file has imported it, or has no user
    if locust is None:
        return []
    kinds: list[Any] = [kind for kind in vars(module).values() if isinstance(kind, type)]
    return [kind for kind in kinds if issubclass(kind, locust.User) and not kind.abstract]


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
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    moved = f"; write {_MOVED[missing]} instead" if missing in _MOVED else ""
    return f"cannot be imported: {type(error).__name__}: {error}{place}"[:300] + moved


def main(arguments: list[str]) -> int:
    """Answer on stdout; what the scenario prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    path, engine, load_s = arguments
    answers.write(msgspec.msgpack.encode(answer(Path(path), engine, float(load_s))))
    answers.close()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # a scenario's threads must not keep it alive
