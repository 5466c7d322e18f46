"""`squall report`: judge a stored run again."""

from __future__ import annotations

from pathlib import Path

import click

from commands.judging import judge_run
from commands.options import as_json, show, streams
from commands.outlets import Wanted, outlets


@click.command()
@click.argument("run_path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--usage", is_flag=True, help="CPU by process at the peak, instead of the verdict.")
@click.option("--intent", help="The story of one payment (its key, or the key's beginning).")
@outlets
@as_json
def report(run_path: Path, usage: bool, intent: str | None, outlets: Wanted, as_json: bool) -> int:
    """Judge a stored run again: the same verdict.json, byte for byte."""
    if usage or intent:
        from harness.store import RunFolder
        from reports.measures.details import intent_story, usage_table

        folder = RunFolder(run_path)
        for damage in folder.check_seal().damage:
            streams().talk(f"squall: {damage}")
        rows = intent_story(folder, intent) if intent else usage_table(folder)
        show(rows, as_json=as_json)
        return 0
    return judge_run(run_path, as_json=as_json, outlets=outlets)
