"""The sentences of the verdict follow from all figures of the run: a table of runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest

from reports.checks.base import Checked, Violation, ViolationClass
from reports.measures.recovery import Episode, Recovery
from reports.render.words import explanation, headline
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard, Verdict
from tests.support.runs_builder import sound_run

DOUBLED = ViolationClass(
    name="doubled",
    label="charged twice",
    one="payment was charged twice",
    many="payments were charged twice",
)
LOST = ViolationClass(name="lost", label="lost", one="payment is lost", many="payments are lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Figures of a run, and what must and must not be said of it."""

    episodes: tuple[Episode, ...] = ()
    dips: tuple[Episode, ...] = ()
    bad: int = 0
    slow: float = 0.0
    failed: float = 0.0
    wrong: tuple[tuple[ViolationClass, int], ...] = ()
    says: tuple[str, ...]
    silent: tuple[str, ...] = ()


def episode(begin_s: float, end_s: float | None, arrivals: int, bad: int, worst: float) -> Episode:
    return Episode(
        begin_s=begin_s,
        end_s=end_s,
        first_end_s=end_s,
        arrivals=arrivals,
        bad=bad,
        worst_bad_ratio=worst,
    )


RUNS = {
    "nothing was felt": Told(
        says=("All 1,000 intents that the fault could reach were good.",), silent=("bad", "twice")
    ),
    "money moved twice and nobody could see it": Told(
        wrong=((DOUBLED, 66),),
        says=("66 payments were charged twice.", "only the records show it"),
        silent=("No intent was affected", "not notice"),
    ),
    "money moved twice while service was down": Told(
        wrong=((DOUBLED, 1), (LOST, 3)),
        episodes=(episode(6.0, 9.5, 300, 299, 1.0),),
        bad=299,
        failed=90.0,
        says=(
            "1 payment was charged twice.",
            "3 payments are lost",
            "From 6.0 s to 9.5 s, 299 of 300 intents failed, 100 % of those due in the worst",
        ),
        silent=("only the records show it", "some", "slow"),
    ),
    "nearly all were slow": Told(
        episodes=(episode(6.0, 9.0, 1000, 996, 0.998),),
        bad=996,
        slow=90.0,
        says=("996 of 1,000 intents were slow, 99.8 % of those due",),
        silent=("some", "failed"),
    ),
    "never recovered": Told(
        episodes=(episode(6.0, None, 500, 400, 0.9),),
        bad=402,
        slow=3.0,
        failed=80.0,
        says=(
            "From 6.0 s to the end of the load, 400 of 500 intents failed or were slow",
            "2 more intents were bad at other times.",
        ),
    ),
    "two episodes": Told(
        episodes=(episode(6.0, 8.0, 100, 90, 1.0), episode(12.0, 13.0, 50, 9, 0.2)),
        bad=99,
        failed=50.0,
        says=("In 2 degraded episodes of 3.0 s in all, 99 of 150 intents failed, 100 %",),
    ),
    "a dip": Told(
        dips=(episode(6.0, 6.3, 30, 12, 0.5),),
        bad=13,
        failed=12.0,
        says=("There was 1 short dip of 0.3 s with 12 bad intents.", "1 more intent was bad"),
        silent=("All 1,000",),
    ),
    "one stray": Told(bad=1, says=("1 of 1,000 intents that the fault could reach was bad",)),
    "strays": Told(bad=4, says=("4 of 1,000 intents that the fault could reach were bad",)),
}


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    return judge(sound_run(outage_s=0).write(tmp_path_factory.mktemp("runs") / "run"))


def told_of(card: Scorecard, it: Told) -> Scorecard:
    """The same run with these figures."""
    picture = card.picture
    assert picture is not None
    assert picture.recovery is not None
    recovery: Recovery = replace(
        picture.recovery, episodes=it.episodes, micro_dips=it.dips, bad=it.bad, arrivals=1000
    )
    flat = np.ones_like(picture.windows.good)
    windows = replace(picture.windows, slow=flat * it.slow, failed=flat * it.failed)
    violations = tuple(
        Violation(kind=kind, names=tuple(f"k-{i}" for i in range(count)))
        for kind, count in it.wrong
    )
    checked = Checked(
        name="payments",
        verdict="fail" if violations else "pass",
        classes=(DOUBLED, LOST),
        violations=violations,
    )
    verdict: Verdict = "FAIL" if violations else "PASS"
    return Scorecard(
        document=msgspec.structs.replace(card.document, verdict=verdict),
        picture=replace(picture, recovery=recovery, windows=windows),
        checks=(checked,),
    )


@pytest.mark.parametrize("name", RUNS)
def test_the_sentences_follow_from_the_figures(name: str, card: Scorecard) -> None:
    it = RUNS[name]
    told = told_of(card, it)
    text = f"{headline(told) if it.wrong else ''} {explanation(told)}"
    for said in it.says:
        assert said in text
    for unsaid in it.silent:
        assert unsaid not in text.replace(told.picture.title if told.picture else "", "")
