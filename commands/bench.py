"""`squall bench`: measure beside peers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from commands.options import as_json, show, streams


@click.command()
@click.argument("row", required=False)
@click.option("--rounds", type=click.IntRange(1, 50), help="Instead of the row's own number.")
@click.option("--install-peers", is_flag=True, help="Build the peers first (needs Go).")
@click.option("--write", type=click.Path(path_type=Path), help="Put the table into a document.")
@as_json
def bench(
    row: str | None, rounds: int | None, install_peers: bool, write: Path | None, as_json: bool
) -> int:
    """Measure ROW (default: all) beside its peers, in interleaved rounds."""
    from benchmarks import peers
    from benchmarks.catalogue import row_names, run_rows
    from benchmarks.rendering import machine, write_table

    talk = streams().talk
    for said in peers.install() if install_peers else ():
        talk(said)
    talk(machine())
    keep = partial(write_table, write, order=row_names()) if write else bool
    results = run_rows((row,) if row else row_names(), rounds, talk, keep)
    show(results, as_json=as_json)
    return 0
