"""Figures in plain words (`3.4 s`, `98.6 %`, `>= 25.0 s`), the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.measures.metric_table import metric_of
from reports.measures.page_model import Picture
from reports.measures.recovery import Episode, Recovery

BOUNDARIES: Final = (
    "time_to_degrade_s",
    "first_recovery_s",
    "stable_recovery_s",
    "recovery_after_clear_s",
)
_COUNTED: Final = ("instances", "openings", "calls")


def say(value: float | None, unit: str, *, censored: bool = False) -> str:
    """A measured value with its unit; a lower bound shows as one, a missing value says so."""
    if value is None:
        return "not measured"
    at_least = ">= " if censored else ""
    if unit == "s":
        return f"{at_least}{_digits(value)} s"
    if unit == "ratio":
        return f"{at_least}{_digits(value * 100)} %"
    if unit in _COUNTED:
        return f"{at_least}{value:,.0f}"
    return f"{at_least}{value:.2f}"


def say_metric(picture: Picture, metric: str, value: float | None) -> str:
    """What a metric of the run came to: measured, at least so much, or why there is nothing."""
    if value is None and metric in picture.unjudged:
        return "not judged"
    return say(value, metric_of(metric).unit, censored=metric in picture.censored)


def say_felt(found: Recovery) -> str:
    """The effect of the fault on the load, as the start of a sentence."""
    dips = say_dips(found.micro_dips)
    if found.episodes:
        more = f", beside {dips}" if dips else ""
        return f"Service recovered in {say(found.stable_recovery_s, 's')}{more}"
    if dips:
        return f"There was {dips}" if len(found.micro_dips) == 1 else f"There were {dips}"
    if found.bad:
        return f"There was no outage, but {found.bad:,} of {found.arrivals:,} intents were bad"
    return "No intent was affected"


def say_dips(dips: Sequence[Episode]) -> str:
    """How many short dips, how long in all, and how many intents were bad in them."""
    if not dips:
        return ""
    long_s = sum((dip.end_s or dip.begin_s) - dip.begin_s for dip in dips)
    told = count(len(dips), "short dip", "short dips")
    in_all = " in all" if len(dips) > 1 else ""
    bad = count(sum(dip.bad for dip in dips), "bad intent", "bad intents")
    return f"{told} of {_fine(long_s)} s{in_all} with {bad}"


def say_resolution(picture: Picture, metric: str) -> str:
    """How exactly this run shows a time that is a boundary of an episode."""
    if metric not in BOUNDARIES or picture.recovery is None:
        return ""
    return f"to within {_fine(picture.recovery.resolution_s)} s"


def _fine(value: float) -> str:
    """Two digits after the point, without idle zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value >= 0.01 else f"{value:.1g}"  # noqa: PLR2004


def say_limit(limit: float, unit: str) -> str:
    """A limit as written in the file, without trailing zeros."""
    if unit == "ratio":
        return f"{limit * 100:g} %"
    return f"{limit:g} s" if unit == "s" else f"{limit:g}"


def count(number: int, one: str, many: str) -> str:
    """`1 payment was`, `31 payments were`."""
    return f"{number:,} {one if number == 1 else many}"


def _digits(value: float) -> str:
    """One digit after the point; more where the value would vanish, or pass for whole."""
    size = abs(value)
    if size == 100:  # noqa: PLR2004  # all
        return f"{value:.0f}"
    if 0 < size < 0.1:  # noqa: PLR2004  # below one digit
        return f"{value:.2f}" if size >= 0.01 else f"{value:.1g}"  # noqa: PLR2004  # likewise
    if 99.9 < size < 100:  # noqa: PLR2004  # nearly all is not all
        return f"{value:.2f}" if size < 99.99 else f"{value:.3f}"  # noqa: PLR2004  # likewise
    return f"{value:.1f}"
