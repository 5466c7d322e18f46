"""The cgroup that limits this process's CPU: its quota, its use and its throttled time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from harness.host.processes import PROC

_NS_PER_US: Final = 1000
_MAX_LEVELS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuLimit:
    """One cgroup with a CPU quota, in cores. `folder` holds the quota, `usage` the counters."""

    cores: float
    folder: Path
    usage: Path
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CgroupCpu:
    """Nanoseconds so far: CPU used by all processes of the cgroup, and time throttled."""

    used_ns: int
    throttled_ns: int


def tightest_limit(proc: Path = PROC) -> CpuLimit | None:
    """The smallest quota from this process's cgroup up to the root of the mount.

    Reads cgroup v2 and v1. None where no quota is set or no cgroup is visible.
    """
    limits = [*_limits_v2(proc), *_limits_v1(proc)]
    return min(limits, key=lambda limit: limit.cores, default=None)


def read_cgroup_cpu(limit: CpuLimit) -> CgroupCpu:
    """The counters now. Raises OSError or ValueError where they cannot be read."""
    if limit.version == 1:
        stat = _pairs(limit.folder / "cpu.stat")
        used_ns = int((limit.usage / "cpuacct.usage").read_text())
        return CgroupCpu(used_ns=used_ns, throttled_ns=stat.get("throttled_time", 0))
    stat = _pairs(limit.usage / "cpu.stat")
    return CgroupCpu(
        used_ns=stat["usage_usec"] * _NS_PER_US,
        throttled_ns=stat.get("throttled_usec", 0) * _NS_PER_US,
    )


def _limits_v2(proc: Path) -> Iterator[CpuLimit]:
    for folder in _levels(proc, controller=""):
        words = _words(folder / "cpu.max")
        if len(words) == 2 and words[0].isdigit() and words[1].isdigit() and int(words[1]):  # noqa: PLR2004  # quota and period
            cores = int(words[0]) / int(words[1])
            yield CpuLimit(cores=cores, folder=folder, usage=folder, version=2)


def _limits_v1(proc: Path) -> Iterator[CpuLimit]:
    usages = list(_levels(proc, controller="cpuacct"))
    for level, folder in enumerate(_levels(proc, controller="cpu")):
        quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if level >= len(usages) or not quota or not period or not quota[0].isdigit():
            continue  # "-1" means no quota
        cores = int(quota[0]) / max(int(period[0]), 1)
        yield CpuLimit(cores=cores, folder=folder, usage=usages[level], version=1)


def _levels(proc: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's cgroup, from its own up to the mount point."""
    path, mount = _own_path(proc, controller), _mount(proc, controller)
    if path is None or mount is None:
        return
    root, point = mount
    inside = PurePosixPath(path)
    # In a cgroup namespace the path may lie outside the mounted root: then the mount is the limit.
    steps = inside.relative_to(root).parts if inside.is_relative_to(root) else ()
    if ".." in steps:
        steps = ()
    for depth in range(min(len(steps), _MAX_LEVELS), -1, -1):
        folder = point.joinpath(*steps[:depth])
        if folder.is_dir():
            yield folder


def _own_path(proc: Path, controller: str) -> str | None:
    for line in _lines(proc / "self" / "cgroup"):
        _, names, path = [*line.split(":", 2), "", ""][:3]
        if (controller in names.split(",")) if controller else names == "":
            return path
    return None


def _mount(proc: Path, controller: str) -> tuple[str, Path] | None:
    """Root and mount point of the hierarchy, from /proc/self/mountinfo (proc(5))."""
    for line in _lines(proc / "self" / "mountinfo"):
        left, _, right = line.partition(" - ")
        fields, ends = left.split(), right.split()
        kind, options = (ends[0], ends[-1].split(",")) if ends else ("", [])
        wanted = kind == "cgroup" and controller in options if controller else kind == "cgroup2"
        if wanted and len(fields) > 4:  # noqa: PLR2004  # the mount point is the fifth field
            return fields[3], Path(fields[4])
    return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    return [word for line in _lines(path) for word in line.split()]


def _pairs(path: Path) -> dict[str, int]:
    words = (line.split() for line in path.read_text("utf-8").splitlines())
    return {name: int(value) for name, value in words}
