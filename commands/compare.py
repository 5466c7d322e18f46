"""`squall compare`: configurations side by side in the same experiments."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.campaign_bench import bench_of
from commands.comparing import judge_comparison, judge_of
from commands.options import ROOT, as_json, runs_dir, streams, system_file

if TYPE_CHECKING:  # a command imports only what it needs
    from harness.campaigns.folder import CampaignFolder
    from harness.system import SystemFiles


@click.command()
@click.argument("matrix", required=False, type=click.Path(path_type=Path))
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Continue this campaign instead: finished runs are kept, the broken one is repeated.",
)
@click.option("--repeats", type=click.IntRange(1, 20), help="Instead of the matrix's own number.")
@runs_dir
@system_file
@as_json
def compare(
    matrix: Path | None,
    *,
    resume: Path | None,
    repeats: int | None,
    runs_dir: Path,
    files: SystemFiles,
    as_json: bool,
) -> int:
    """Run the arms of the file MATRIX in all its columns; print what differs, and no winner."""
    from harness.campaigns.conduct import conduct
    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.plan import compare_of

    if (matrix is None) == (resume is None):
        raise click.UsageError("give either MATRIX or --resume CAMPAIGN")
    if matrix is None:
        folder = CampaignFolder(resume or Path())
    else:
        folder = _new(matrix, repeats, files, runs_dir)
    plan = folder.read_plan()
    if plan.kind != "compare":
        raise click.UsageError(f"--resume: {folder.root} is a campaign of `squall {plan.kind}`")

    streams().talk(f"squall: campaign {folder.root}")
    seen = conduct(folder, compare_of(plan), bench_of(plan, judge_of(plan)))
    return judge_comparison(folder, seen, as_json=as_json)


def _new(path: Path, repeats: int | None, files: SystemFiles, runs_dir: Path) -> CampaignFolder:
    """A new campaign of that matrix. Raises ConfigError, RefusedError."""
    import msgspec

    from harness.campaigns.compare.matrix_file import read_matrix
    from harness.campaigns.compare.prepare import WantedMatrix, begin
    from reports.measures.metric_table import metric_units

    matrix = read_matrix(path)
    words = ["squall", "compare", str(path)]
    if repeats is not None:
        matrix = msgspec.structs.replace(matrix, repeats=repeats)
        words += ["--repeats", str(repeats)]
    wanted = WantedMatrix(
        root=ROOT,
        path=path,
        matrix=matrix,
        files=files,
        metrics=metric_units(),
        runs_dir=runs_dir,
        again=shlex.join(words),
    )
    return begin(wanted)
