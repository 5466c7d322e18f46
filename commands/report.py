"""`squall report`: judge a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.campaign_judging import judge_campaign
from commands.judging import judge_run
from commands.options import as_json, given_run, runs_dir, show, streams
from commands.outlets import Wanted, outlets

if TYPE_CHECKING:
    from harness.store import RunFolder


@click.command()
@given_run
@click.option("--usage", is_flag=True, help="CPU by process at the peak, instead of the verdict.")
@click.option(
    "--intent",
    metavar="KEY",
    help="The history of one intent, instead of the verdict: its attempts and every row of its "
    "key. A number or the beginning of a key is enough.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser of the desktop.")
@outlets
@runs_dir
@as_json
def report(
    run_path: Path,
    *,
    runs_dir: Path,
    usage: bool,
    intent: str | None,
    opens: bool,
    outlets: Wanted,
    as_json: bool,
) -> int:
    """Judge a stored run or campaign again: the same verdict, byte for byte.

    RUN is the folder of a run or campaign, or `latest`, or EXPERIMENT/latest.
    """
    from harness.campaigns.folder import is_campaign

    del runs_dir  # given_run has used it
    if is_campaign(run_path):
        return judge_campaign(run_path, as_json=as_json, outlets=outlets)
    if not usage and intent is None:
        return judge_run(run_path, as_json=as_json, opens=opens, outlets=outlets)
    from harness.store import RunFolder

    folder = RunFolder(run_path)
    for damage in folder.check_seal().damage:
        streams().talk(f"squall: {damage}")
    if intent is not None:
        return _show_intent(folder, intent, as_json=as_json)
    from reports.measures.details import usage_table

    show(usage_table(folder), as_json=as_json)
    return 0


def _show_intent(folder: RunFolder, intent: str, *, as_json: bool) -> int:
    import msgspec

    from harness.view.output import show_lines
    from reports.measures.details import intent_history
    from reports.render.history import history_lines

    found = intent_history(folder, intent)
    if as_json:
        streams().json(msgspec.json.format(msgspec.json.encode(found), indent=1))
    else:
        show_lines(history_lines(found))
    return 0
