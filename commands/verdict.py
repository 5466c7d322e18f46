"""`squall verdict`: hand a verdict to tools that deploy."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from commands.campaign_judging import decide
from commands.options import streams
from harness.errors import ConfigError, RefusedError
from harness.files.whole_file import open_plain

if TYPE_CHECKING:
    from reports.serving.answer import Answer, Read

_LONGEST_TOKEN: Final = 4096
_MOST_AT_ONCE: Final = 64


@click.group()
def verdict() -> None:
    """Hand a verdict to tools that deploy (Argo Rollouts, Flagger)."""


@verdict.command()
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path, exists=True))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8466, show_default=True, help="Port."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File with a token that each request must carry; required beyond loopback.",
)
def serve(path: Path, host: str, port: int, token_file: Path | None) -> int:
    """Serve the verdict of RUN (or a campaign) as JSON at /verdict until it is stopped."""
    import uvicorn

    from reports.serving.app import verdict_app

    token = _token(token_file)
    if not token and not _is_loopback(host):
        text = f"--host {host}: others can reach this address; give --token-file FILE"
        raise click.UsageError(text)
    config = uvicorn.Config(
        verdict_app(_reader(path), token),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=5,
    )
    with _listening(host, port) as listener:
        streams().talk(f"squall: http://{host}:{port}/verdict")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """Raises RefusedError where the address cannot be listened at."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not an address"
        fix = "give another --host or --port"
        raise RefusedError(f"{host[:100]}:{port}: cannot be listened at: {why}; {fix}") from error


def _reader(path: Path) -> Read:
    from harness.campaigns.folder import is_campaign
    from harness.seal import SEAL
    from harness.store import RunFolder
    from reports.outlets.summary import summary_of_gate, summary_of_run
    from reports.serving.answer import Remembered, answer_of
    from reports.verdict.judge import judge

    def judged() -> Answer:
        if is_campaign(path):
            return answer_of(summary_of_gate(decide(path)[1]))
        return answer_of(summary_of_run(judge(RunFolder(path)).document))

    return Remembered(path / SEAL, judged)


def _token(file: Path | None) -> str:
    """The file's text without the line end; "" without a file. Raises ConfigError."""
    if file is None:
        return ""
    try:
        with open_plain(file) as stream:
            text = stream.read(_LONGEST_TOKEN + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--token-file {file}: cannot be read: {error}") from None
    if not text or len(text) > _LONGEST_TOKEN or not text.isprintable() or " " in text:
        text = "holds no token: one line of printable ASCII without blanks"
        raise ConfigError(f"--token-file {file}: {text}")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
