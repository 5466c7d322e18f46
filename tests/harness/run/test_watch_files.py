"""What is typed for a watch becomes an experiment and a system that are checked like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.experiment import read_experiment
from harness.run.watch_files import LEAST_S, Watch, seconds_of, write_watch
from harness.safety.state import State

URL = "http://127.0.0.1:9000/shop"


@pytest.mark.parametrize("for_s", [LEAST_S, 90.0, 600.0, 3590.0])
def test_the_written_files_are_sound(tmp_path: Path, for_s: float) -> None:
    watch = Watch(
        url=URL,
        scenario="steady_payments",
        for_s=for_s,
        good_latency_ms=300,
        good_target=0.99,
        objectives=("stable_recovery_s<=10", "good_ratio_run >= 0.9"),
    )
    path, files = write_watch(watch, State(root=tmp_path))
    system = files.read()
    terms = read_experiment(path, system).terms
    assert (system.target, system.services[0].urls, system.edges[0].via) == (
        *("attached", (URL,), "direct"),
    )
    assert terms.watch
    assert terms.phases.load_s == pytest.approx(for_s)
    assert [(o.metric, o.must, o.limit) for o in terms.objectives] == [
        ("stable_recovery_s", "<=", 10),
        ("good_ratio_run", ">=", 0.9),
    ]


@pytest.mark.parametrize(("word", "for_s"), [("90s", 90), ("10m", 600), ("0.5h", 1800)])
def test_a_duration_has_a_unit(word: str, for_s: float) -> None:
    assert seconds_of(word) == for_s


@pytest.mark.parametrize("word", ["10", "10 m", "nan", "-5m", "1s", "2h", "9999999h", ""])
def test_a_duration_without_a_meaning_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=r"--for: .*allowed: 20s to 3590s.*fix: "):
        seconds_of(word)


@pytest.mark.parametrize("text", ["stable_recovery_s", "stable_recovery_s<10", "x<=inf", "a<=1;b"])
def test_an_objective_has_a_metric_a_sign_and_a_number(tmp_path: Path, text: str) -> None:
    watch = Watch(
        url=URL, scenario="s", for_s=60, good_latency_ms=1, good_target=1, objectives=(text,)
    )
    with pytest.raises(ConfigError, match="--objective"):
        write_watch(watch, State(root=tmp_path))
