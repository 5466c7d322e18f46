"""A stored campaign: names and opens its files.

```
runs/<suite>/<UTC>/
    campaign.json                       what is to be done (Plan)
    attempts.ndjson                     when each attempt began and ended
    attempts/<number>/<experiment>/<UTC>/   the run of an attempt, sealed by itself
    seal.json                           SHA-256 of the two files above and of each run's seal
    arms/  columns/                     of a comparison: the files that were run
    gate.json  report.html              judged from them, any time again
```
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from harness.campaigns.plan import PLAN_SCHEMA, Plan
from harness.errors import RefusedError, StoredRunError
from harness.seal import SEAL, check_named, write_named
from harness.store import read_json, write_json

_MOST_IN_A_SECOND: Final = 100


class CampaignFolder:
    """The files of one campaign, by role."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plan = root / "campaign.json"
        self.journal = root / "attempts.ndjson"
        self.attempts = root / "attempts"
        self.seal_file = root / SEAL
        self.gate = root / "gate.json"
        self.noise = root / "noise.json"
        self.compare = root / "compare.json"
        self.arms = root / "arms"
        self.columns = root / "columns"
        self.report = root / "report.html"

    def place(self, number: int) -> Path:
        """Where the run of an attempt is stored."""
        return self.attempts / f"{number:03d}"

    def run_of(self, number: int) -> Path | None:
        """The folder of an attempt's run; None if none was begun."""
        found = sorted(self.place(number).glob("*/*"))
        return found[0] if found else None

    @property
    def is_complete(self) -> bool:
        """Whether it came to its end and was sealed."""
        return self.seal_file.exists()

    def read_plan(self) -> Plan:
        """campaign.json. Raises StoredRunError."""
        plan = read_json(self.plan, Plan)
        if plan.schema != PLAN_SCHEMA:
            text = f"the campaign has schema {plan.schema}, and this version reads {PLAN_SCHEMA}"
            raise StoredRunError(f"{self.plan}: {text}")
        return plan

    def seal(self) -> None:
        """Note what must not change from now on. Raises OSError."""
        write_named(self.root, self._sealed_names())

    def damage(self) -> tuple[str, ...]:
        """What differs from the seal. Raises StoredRunError (no seal), OSError."""
        return check_named(self.root, self._sealed_names())

    def _sealed_names(self) -> list[str]:
        """Each run has a seal of its own: the digest of that seal covers all its files."""
        seals = sorted(self.attempts.glob(f"*/*/*/{SEAL}"))
        given = sorted(p for place in (self.arms, self.columns) for p in place.glob("*/*.yaml"))
        names = [str(path.relative_to(self.root)) for path in (*given, *seals)]
        return [self.plan.name, self.journal.name, *names]


def is_campaign(path: Path) -> bool:
    """Whether a folder is one of a campaign and not of a run."""
    return CampaignFolder(path).plan.is_file()


def new_folder(named: Path, plan: Plan) -> CampaignFolder:
    """Create it with its plan; a number is added if it is there already. Raises RefusedError."""
    folder = empty_folder(named)
    store_plan(folder, plan)
    return folder


def store_plan(folder: CampaignFolder, plan: Plan) -> None:
    """Write it. Raises RefusedError."""
    try:
        write_json(folder.plan, plan)
    except OSError as error:
        raise RefusedError(f"{folder.plan}: cannot be written: {error.strerror}") from error


def empty_folder(named: Path) -> CampaignFolder:
    """Create it without a plan, for files that the plan names. Raises RefusedError."""
    ends = ("", *(f"-{number}" for number in range(2, _MOST_IN_A_SECOND)))
    try:
        for root in (named.with_name(named.name + end) for end in ends):
            with suppress(FileExistsError):
                root.mkdir(parents=True)
                folder = CampaignFolder(root)
                folder.attempts.mkdir()
                folder.journal.touch()
                return folder
    except OSError as error:
        raise RefusedError(f"{named}: cannot be written: {error.strerror}") from error
    raise RefusedError(f"{named}: {_MOST_IN_A_SECOND} campaigns began in the same second")


@contextmanager
def alone(folder: CampaignFolder) -> Iterator[None]:
    """Within this block no other process continues the campaign. Raises RefusedError."""
    try:
        descriptor = os.open(folder.journal, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise RefusedError(f"{folder.journal}: {error.strerror}") from error
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: CampaignFolder) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        raise RefusedError(f"{folder.root}: another process continues this campaign") from error
