"""The CPU and file descriptors that this process may use, which can be less than the machine's."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.host.cgroup import CpuLimit, tightest_limit
from harness.host.processes import PROC

_UNLIMITED: Final = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """`cpus`: the CPUs of the affinity mask; `limit`: the cgroup quota, where one is set."""

    host_cores: int
    cpus: frozenset[int]
    limit: CpuLimit | None = None

    @property
    def cores(self) -> float:
        """Cores that this process may use: the affinity mask, less where a quota is smaller."""
        given = float(len(self.cpus))
        return min(given, self.limit.cores) if self.limit is not None else given

    @property
    def restricted(self) -> bool:
        """Whether this process may use less than all cores of the machine."""
        return self.cores < self.host_cores

    def describe(self) -> str:
        """One phrase: the cores and what limits them."""
        if not self.restricted:
            return f"{self.cores:g}"
        why = [f"affinity mask {len(self.cpus)}"] if len(self.cpus) < self.host_cores else []
        why += [f"cgroup quota {self.limit.cores:g}"] if self.limit is not None else []
        return f"{self.cores:g} of {self.host_cores} ({', '.join(why)})"


def read_allowance(proc: Path = PROC) -> Allowance:
    """What this process may use now."""
    return Allowance(
        host_cores=os.cpu_count() or 1,
        cpus=frozenset(os.sched_getaffinity(0)),
        limit=tightest_limit(proc),
    )


def descriptors_allowed() -> int:
    """File descriptors that one process may open; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    return min(known, default=_UNLIMITED)
