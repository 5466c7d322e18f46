"""`squall noise`: how far identical runs of an experiment lie apart."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.campaign_bench import bench_of
from commands.campaign_judging import judge_and_store, judge_noise
from commands.options import ROOT, as_json, runs_dir, streams, system_file

if TYPE_CHECKING:  # a command imports only what it needs
    from harness.campaigns.suite import Suite
    from harness.system import SystemFiles


@click.command()
@click.argument("experiment")
@click.option(
    "--repeats",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="How many runs.",
)
@click.option(
    "--difference",
    type=click.FloatRange(0.01, 10),
    default=0.2,
    show_default=True,
    help="The difference between two arms that is to show, as a share.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**53 - 1),
    default=11,
    show_default=True,
    help="Draws the arrivals and the times of the fault.",
)
@click.option(
    "--jitter",
    type=click.FloatRange(0, 600),
    default=2.0,
    show_default=True,
    help="The fault starts up to so many seconds later.",
)
@runs_dir
@system_file
@as_json
def noise(
    experiment: str,
    *,
    repeats: int,
    difference: float,
    seed: int,
    jitter: float,
    runs_dir: Path,
    files: SystemFiles,
    as_json: bool,
) -> int:
    """Repeat EXPERIMENT unchanged; say its spread and the repeats that a difference needs."""
    from harness.campaigns.conduct import conduct
    from harness.campaigns.plan import gate_of
    from harness.campaigns.prepare import Wanted, arm_of_files, begin
    from reports.measures.metric_table import metric_units

    words = ["squall", "noise", experiment, "--repeats", str(repeats), "--seed", str(seed)]
    wanted = Wanted(
        root=ROOT,
        suite=_suite(experiment, repeats, seed, jitter),
        arms=(arm_of_files(files),),
        metrics=metric_units(),
        runs_dir=runs_dir,
        kind="noise",
        suite_folder=Path.cwd(),
        again=shlex.join(words),
    )
    folder = begin(wanted)
    plan = folder.read_plan()
    streams().talk(f"squall: campaign {folder.root}")
    seen = conduct(folder, gate_of(plan), bench_of(plan, judge_and_store))
    return judge_noise(folder, seen, difference=difference, as_json=as_json)


def _suite(experiment: str, repeats: int, seed: int, jitter: float) -> Suite:
    """One experiment, as often as wished; three days are enough for a hundred runs."""
    from harness.campaigns.suite import Repeats, Suite

    return Suite(
        name="noise",
        question=f"How far do identical runs of {Path(experiment).name} lie apart?",
        budget_s=259_200,
        repeats=Repeats(least=repeats, most=repeats),
        jitter_s=jitter,
        seed=seed,
        experiments=(experiment,),
    )
