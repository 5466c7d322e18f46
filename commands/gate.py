"""`squall gate`: repeat the experiments of a suite until they are decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.campaign_bench import bench_of
from commands.campaign_judging import judge_and_store, judge_campaign
from commands.options import ROOT, as_json, runs_dir, streams, system_file
from commands.outlets import Wanted as Outlets
from commands.outlets import outlets

if TYPE_CHECKING:  # a command imports only what it needs
    from harness.campaigns.folder import CampaignFolder
    from harness.system import SystemFiles


@click.command()
@click.argument("suite", required=False)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Continue this campaign instead: finished runs are kept, the broken one is repeated.",
)
@click.option(
    "--baseline",
    metavar="REF|DIR|RUN",
    help="Compare: a commit or a checkout is run in turn with this one; a stored run is read.",
)
@outlets
@runs_dir
@system_file
@as_json
def gate(
    suite: str | None,
    *,
    resume: Path | None,
    baseline: str | None,
    outlets: Outlets,
    runs_dir: Path,
    files: SystemFiles,
    as_json: bool,
) -> int:
    """Run the experiments of SUITE (a name, or a path) repeatedly, and decide."""
    from harness.campaigns.conduct import conduct
    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.plan import gate_of

    if (suite is None) == (resume is None):
        raise click.UsageError("give either SUITE or --resume CAMPAIGN")
    if resume is not None and baseline is not None:
        raise click.UsageError("--resume keeps the baseline of the campaign; remove --baseline")
    if suite is None:
        folder = CampaignFolder(resume or Path())
    else:
        folder = _new(suite, files, runs_dir, baseline)
    plan = folder.read_plan()
    if plan.kind != "gate":
        raise click.UsageError(f"--resume: {folder.root} is a campaign of `squall {plan.kind}`")

    streams().talk(f"squall: campaign {folder.root}")
    seen = conduct(folder, gate_of(plan), bench_of(plan, judge_and_store))
    return judge_campaign(folder.root, as_json=as_json, seen=seen, outlets=outlets)


def _new(suite: str, files: SystemFiles, runs_dir: Path, baseline: str | None) -> CampaignFolder:
    """A new campaign of that suite on that system. Raises ConfigError, RefusedError."""
    import shlex

    from commands.gate_baseline import baseline_of
    from harness.campaigns.prepare import Wanted, arm_of_files, begin
    from harness.campaigns.suite import read_suite, suite_path
    from reports.checks.own_before import refuse_wrong_own_checks
    from reports.measures.metric_table import metric_units

    path = suite_path(ROOT, suite)
    refuse_wrong_own_checks(files.read(), files.system)
    arm = arm_of_files(files)
    arms, stored = baseline_of(baseline, arm, runs_dir) if baseline else ((arm,), {})
    words = ["squall", "gate", suite, *(["--baseline", baseline] if baseline else [])]
    wanted = Wanted(
        root=ROOT,
        suite=read_suite(path, metric_units()),
        arms=arms,
        stored_baseline=stored,
        metrics=metric_units(),
        runs_dir=runs_dir,
        suite_folder=path.absolute().parent,
        again=shlex.join(words),
    )
    return begin(wanted)
