"""The picture of a run in progress, as lines for a screen of any size."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

from rich.text import Text

from harness.inert_text import inert
from harness.view.model import CALM, LiveModel, Now, in_words

_PHASES: Final = ("warm-up", "baseline", "fault", "recovery", "drain")
_LABEL: Final = 11
_LEAST_EVENTS: Final = 3
_MOST_STATES: Final = 4
_MANY: Final = 12
_ALARM: Final = r"\b(DOWN|OPEN|UNREADY|PAUSED|UNHEALTHY|FAILED|NOT PROVEN|UNDO FAILED)\b"
_FAULT: Final = r"\b(VERIFIED|FAULT)\b"


def picture(
    title: str, model: LiveModel, at_s: float, size: tuple[int, int] = (80, 24)
) -> list[str]:
    """The lines of the view at that second of the run: at most the rows of `size`, less one."""
    width, height = size
    phases = model.terms.phases
    now = model.now(at_s)
    head = [
        f"squall  {title}    {_clock(at_s)} of {_clock(phases.load_s + phases.drain_s)}",
        *_labelled("phase", [_phase_line(model, at_s)], width),
        f"  load       {now.due_per_s:.0f}/s due  {model.spark(at_s)}",
        *_labelled("good", [_good(model, now)], width),
        *_labelled("not good", [_not_good(now)], width),
        f"  intents    {_tries(now)} attempts each   {now.unknown} unknown{_degraded(model)}",
        *(f"  fault      {name}   {state}" for name, state in model.faults.items()),
        *_labelled("breakers", _breakers(model), width),
        *_labelled("instances", _instances(model), width),
    ]
    rest = max(height - 2 - len(head), 0)
    events = model.told.last(rest)
    head += [f"  {'events' if i == 0 else '':9}  {text}" for i, text in enumerate(events)]
    lines = [*head[: height - 2], "  Ctrl-C undoes the fault and stops."]
    return [_cut(line, width) for line in lines]


def coloured(lines: Iterable[str]) -> Text:
    """The same with colours; NO_COLOR is the console's to respect."""
    text = Text("\n".join(inert(line) for line in lines))
    text.highlight_regex(_ALARM, "bold red")
    text.highlight_regex(_FAULT, "bold magenta")
    return text


def heartbeat(model: LiveModel, at_s: float) -> str:
    """One line: second, phase, good share so far and now, faults, unusual states."""
    now = model.now(at_s)
    fault = "; ".join(f"{k}: {v}" for k, v in model.faults.items()) or "no fault yet"
    alarms = [in_words(k, v) for k, v in model.instances.items() if v not in CALM]
    alarms += [f"breaker {in_words(k, v)}" for k, v in model.breakers.items() if v not in CALM]
    return "  ".join(
        [
            f"{at_s:5.1f} s  {model.phase}  {now.due_per_s:.0f}/s due",
            f"good so far {_percent(model.good_so_far)}  now {_percent(now.good_ratio)}",
            f"slow {now.intents.slow}  failed {now.intents.failed}{_degraded(model)}  {fault}",
            *(["; ".join(alarms)] if alarms else []),
        ]
    )


def _good(model: LiveModel, now: Now) -> str:
    p95 = now.intents.latency_ms_p95
    target = _percent(model.terms.good.target)
    latency = "-" if p95 is None else f"{p95:.0f} ms"
    so_far = _percent(model.good_so_far)
    return f"{_percent(now.good_ratio)} (target {target}), so far {so_far}   p95 of ok {latency}"


def _not_good(now: Now) -> str:
    found = now.intents
    counts = f"slow {found.slow}   failed {found.failed}   no answer {found.waiting}"
    return f"{counts}   of {found.due} due"


def _degraded(model: LiveModel) -> str:
    return f"   degraded {model.degraded_s:.1f} s so far" if model.degraded_s else ""


def _tries(now: Now) -> str:
    return "-" if now.attempts_per_intent is None else f"{now.attempts_per_intent:.2f}"


def _breakers(model: LiveModel) -> list[str]:
    """Those that are not closed; that all are is said in two words."""
    unusual = [in_words(k, v) for k, v in model.breakers.items() if v not in CALM]
    closed = len(model.breakers) - len(unusual)
    if not unusual:
        return ["all closed"]
    return [*unusual, *([f"{closed} closed"] if closed else [])]


def _instances(model: LiveModel) -> list[str]:
    """The faulted one first, then unusual states; many usual ones are counted by service."""
    names = sorted(model.instances, key=lambda name: (*_rank(model, name), name))
    if len(names) <= _MANY:
        return [in_words(name, model.instances[name]) for name in names]
    told = [in_words(n, model.instances[n]) for n in names if _rank(model, n) != (True, True)]
    counts: dict[str, int] = {}
    for name in names:
        if _rank(model, name) == (True, True):
            key = f"{_service(name)} {model.instances[name]}"
            counts[key] = counts.get(key, 0) + 1
    return [*told, *(f"{count} {key}" for key, count in counts.items())]


def _rank(model: LiveModel, name: str) -> tuple[bool, bool]:
    return name not in model.struck, model.instances[name] in CALM


def _service(name: str) -> str:
    """`ledger` of `ledger-2`."""
    head, dash, number = name.rpartition("-")
    return head if dash and number.isdigit() else name


def _labelled(label: str, parts: list[str], width: int) -> list[str]:
    """A label and its parts, wrapped between parts where a line would be too long."""
    rows = [""]
    for part in parts:
        joined = f"{rows[-1]}   {part}" if rows[-1] else part
        if _LABEL + 2 + len(joined) > width and rows[-1]:
            rows.append(part)
        else:
            rows[-1] = joined
    left = len(rows) - _MOST_STATES
    if left > 0:
        rows = [*rows[: _MOST_STATES - 1], f"{rows[_MOST_STATES - 1]}  ..."]
    wrapped = [line for row in rows for line in _wrapped(row, width - _LABEL - 2)]
    return [f"  {label if i == 0 else '':9}  {row}" for i, row in enumerate(wrapped)]


def _wrapped(row: str, width: int) -> list[str]:
    return textwrap.wrap(row, max(width, 20), replace_whitespace=False) or [""]


def _cut(line: str, width: int) -> str:
    shown = inert(line)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"


def _phase_line(model: LiveModel, at_s: float) -> str:
    p = model.terms.phases
    ends_s, begin_s = {}, 0.0
    spans = (p.warm_up_s, p.baseline_s, p.fault_s, p.recovery_s, p.drain_s)
    for name, span_s in zip(_PHASES, spans, strict=True):
        begin_s += span_s
        ends_s[name] = begin_s
    left_s = max(0.0, ends_s.get(model.phase, at_s) - at_s)
    if model.phase not in ends_s:  # a watch has one phase
        return f"{model.phase.upper()}, {max(0.0, p.load_s - at_s):.0f} s left"
    shown = {model.phase: f"{model.phase.upper()}, {left_s:.0f} s left"}
    return " · ".join(shown.get(name, name) for name in _PHASES)


def _clock(at_s: float) -> str:
    whole = max(0, int(at_s))
    return f"{whole // 60:02d}:{whole % 60:02d}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"
