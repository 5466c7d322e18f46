"""A scenario before the run: built once in a child process, its curve drawn and counted."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from harness.load.protocol.reading import (
    curve_of_description,
    is_description,
    read_description,
)
from harness.load.scenario import engine_of, scenario_path
from harness.load.traffic import CURVES, US_PER_S, Curve, arrivals_us
from harness.python_child import CHECKOUT, python_module
from harness.safety.tied import tie

SAMPLES: Final = 5_000
BUILD_LIMIT_S: Final = 30.0
MAX_PER_S: Final = 100_000.0
MAX_ARRIVALS: Final = 5_000_000
# The arrivals that the judge needs before the fault (`reports.measures.recovery.MIN_BASELINE`).
MIN_BASELINE: Final = 300
_CLEARLY_ENOUGH: Final = 450.0
_EXACT_UP_TO: Final = 100_000.0


class CurveData(msgspec.Struct, frozen=True, kw_only=True):
    """A curve that crossed a process: fields of a known kind, or samples; or what is wrong.

    `open_loop` is False for a file whose users decide when they send: it has no curve.
    """

    open_loop: bool = True
    kind: str = ""
    fields: dict[str, Any] = {}
    rates: tuple[float, ...] = ()
    highest: float = 0.0
    load_s: float = 0.0
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A curve that is known at equal steps; straight lines in between."""

    rates: tuple[float, ...]
    highest: float
    load_s: float

    def rate(self, at_s: float) -> float:
        """Arrivals per second at that second of the run."""
        at = min(max(at_s / self.load_s, 0.0), 1.0) * (len(self.rates) - 1)
        low = min(int(at), len(self.rates) - 2)
        return self.rates[low] + (self.rates[low + 1] - self.rates[low]) * (at - low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The times of a run that the load is counted in, and how it is drawn."""

    baseline_begin_s: float
    fault_begin_s: float
    fault_end_s: float
    load_s: float
    seed: int
    rate_scale: float


class Build:
    """A scenario that is being built in a child process. The child ends within its limit."""

    def __init__(self, word: str, load_s: float, beside: Path | None = None) -> None:
        """Begin. Raises ConfigError for an unknown scenario or engine."""
        self.path = scenario_path(word, beside)
        engine = engine_of(self.path)
        self._known = _described(self.path) or _built.get(_key(self.path))
        self._process: subprocess.Popen[bytes] | None = None
        if self._known is None:
            self._process = subprocess.Popen(
                python_module("harness.load.scenario_check", str(self.path), engine, str(load_s)),
                cwd=CHECKOUT,
                env={n: v for n, v in os.environ.items() if not n.startswith("LOCUST_")},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=tie(),  # noqa: PLW1509  # system calls only
            )

    def data(self) -> CurveData:
        """The curve, once it is built."""
        if self._known is None:
            self._known = self._result()
            if self._known.kind or self._known.wrong or not self._known.open_loop:
                _built[_key(self.path)] = self._known
        return self._known

    def stop(self) -> None:
        """End the child, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()

    def _result(self) -> CurveData:
        if self._process is None:
            return CurveData(wrong="it was not built")
        try:
            raw, _ = self._process.communicate(timeout=BUILD_LIMIT_S)
            return msgspec.msgpack.decode(raw, type=CurveData)
        except subprocess.TimeoutExpired:
            return CurveData(wrong=f"its import took longer than {BUILD_LIMIT_S:g} s")
        except msgspec.MsgspecError:
            return CurveData(wrong="its import ended the process")
        finally:
            self.stop()


_built: dict[tuple[str, int], CurveData] = {}


def load_problems(data: CurveData, span: Span) -> list[str]:
    """What is wrong with the load that this curve makes in a run."""
    if data.wrong:
        return [data.wrong]
    if not data.open_loop:
        return []
    return list(_wrong_fields(data)) or list(_wrong_load(_curve(data), span))


def _curve(data: CurveData) -> Curve:
    if data.kind:
        return CURVES[data.kind](**data.fields)
    return Sampled(rates=data.rates, highest=data.highest, load_s=data.load_s)


def _wrong_fields(data: CurveData) -> Iterator[str]:
    for name, value in data.fields.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= US_PER_S:
            yield f"its CURVE has {name}={value!r}: write 0 to {US_PER_S}"


def _wrong_load(curve: Curve, span: Span) -> Iterator[str]:
    step_s = span.load_s / SAMPLES
    rates = [curve.rate(step_s * i) for i in range(SAMPLES + 1)]
    if not all(math.isfinite(rate) and rate >= 0 for rate in (*rates, curve.highest)):
        yield "its CURVE has a rate that is negative or not finite: write rates of 0 or more"
        return
    scaled = [rate * span.rate_scale for rate in rates]
    if max(rates) > curve.highest * (1 + 1e-9):
        yield f"its CURVE has rates up to {max(rates):g}/s above its `highest` {curve.highest:g}/s"
    if curve.highest * span.rate_scale > MAX_PER_S:
        yield f"its CURVE asks for {curve.highest * span.rate_scale:g}/s, more than {MAX_PER_S:g}/s"
    elif sum(scaled) * step_s > MAX_ARRIVALS:
        yield f"it makes {sum(scaled) * step_s:.0f} arrivals, more than {MAX_ARRIVALS}"
    else:
        yield from _too_few(curve, span)


def _too_few(curve: Curve, span: Span) -> Iterator[str]:
    before = _arrivals(curve, span, span.baseline_begin_s, span.fault_begin_s)
    if before < MIN_BASELINE:
        text = f"it makes {before:.0f} arrivals in the baseline, the verdict needs {MIN_BASELINE}"
        yield f"{text}: raise the rate or lengthen phases.baseline_s"
    if _arrivals(curve, span, span.fault_begin_s, span.fault_end_s) < 1:
        yield "it makes no arrival during the fault: raise the rate or lengthen phases.fault_s"


def _arrivals(curve: Curve, span: Span, begin_s: float, end_s: float) -> float:
    """How many there will be: counted where that is quick, else what is expected."""
    steps = 2_000
    width_s = (end_s - begin_s) / steps
    rates = (curve.rate(begin_s + width_s * (i + 0.5)) for i in range(steps))
    expected = sum(rates) * width_s * span.rate_scale
    most = curve.highest * span.rate_scale * end_s
    if expected > _CLEARLY_ENOUGH or most > _EXACT_UP_TO:
        return expected
    due_us = arrivals_us(curve, end_s, span.seed, span.rate_scale)
    return float(sum(begin_s * US_PER_S <= due for due in due_us))


def _described(path: Path) -> CurveData | None:
    """A YAML scenario needs no child. Raises ConfigError with all errors of the file."""
    if not is_description(path):
        return None
    curve = curve_of_description(read_description(path))
    return CurveData(kind=type(curve).__name__, fields=asdict(cast("Any", curve)))


def _key(path: Path) -> tuple[str, int]:
    return str(path), path.stat().st_mtime_ns
