"""`squall verify`: check a pack that somebody handed over."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import INVALID, as_json, show, streams


@click.command()
@click.argument("pack", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--signers",
    type=click.Path(path_type=Path),
    help="File of allowed signers (ssh-keygen); the pack must be signed by one of them.",
)
@click.option("--identity", help="Which of the allowed signers.")
@as_json
def verify(pack: Path, signers: Path | None, identity: str | None, as_json: bool) -> int:
    """Check every digest of PACK and its signature, and judge the run in it again."""
    from reports.pack.verify import Signers, verify_pack

    if (signers is None) != (identity is None):
        raise click.UsageError("--signers and --identity belong together")
    who = None if signers is None else Signers(file=signers, identity=identity or "")
    found = verify_pack(pack, who)
    if as_json:
        import msgspec

        streams().json(msgspec.json.format(msgspec.json.encode(found), indent=1))
    else:
        show((found,), as_json=False)
    return 0 if found.verified else INVALID
