"""The CPU quota of a cgroup is found in both versions and on any level."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.host.allowance import Allowance
from harness.host.cgroup import read_cgroup_cpu, tightest_limit


class Files:
    """A /proc and cgroup mounts in a folder."""

    def __init__(self, root: Path) -> None:
        self.proc, self.root = root / "proc", root / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        self.root.mkdir()

    def own(self, text: str) -> None:
        (self.proc / "self" / "cgroup").write_text(text)

    def mount(self, line: str) -> None:
        with (self.proc / "self" / "mountinfo").open("a") as out:
            out.write(line + "\n")

    def put(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def version_2(files: Files, own: str = "/pod/main", root: str = "/") -> None:
    files.own(f"0::{own}\n")
    files.mount(f"30 23 0:27 {root} {files.root} rw - cgroup2 cgroup2 rw,nsdelegate")


def test_a_quota_of_version_2_is_in_cores(files: Files) -> None:
    version_2(files)
    files.put("pod/main/cpu.max", "150000 100000")
    limit = tightest_limit(files.proc)
    assert limit is not None
    assert limit.cores == 1.5


def test_the_tightest_level_counts(files: Files) -> None:
    version_2(files)
    files.put("pod/main/cpu.max", "max 100000")
    files.put("pod/cpu.max", "50000 100000")
    files.put("cpu.max", "400000 100000")
    limit = tightest_limit(files.proc)
    assert limit is not None
    assert (limit.cores, limit.folder) == (0.5, files.root / "pod")


def test_in_a_cgroup_namespace_the_mount_is_the_container(files: Files) -> None:
    version_2(files, own="/", root="/kubepods/pod7")
    files.put("cpu.max", "200000 100000")
    limit = tightest_limit(files.proc)
    assert limit is not None
    assert limit.cores == 2


def test_no_quota_is_no_limit(files: Files) -> None:
    version_2(files)
    files.put("pod/main/cpu.max", "max 100000")
    assert tightest_limit(files.proc) is None


def test_without_any_cgroup_there_is_no_limit(tmp_path: Path) -> None:
    assert tightest_limit(tmp_path) is None


@pytest.mark.parametrize("text", ["", "garbage", "100000", "-1 100000", "100000 0", "max"])
def test_an_unreadable_quota_is_no_limit(text: str, files: Files) -> None:
    version_2(files)
    files.put("pod/main/cpu.max", text)
    assert tightest_limit(files.proc) is None


def test_a_quota_of_version_1_and_its_counters(files: Files) -> None:
    files.own("4:cpu,cpuacct:/docker/a\n1:name=systemd:/\n")
    files.mount(f"31 23 0:28 / {files.root} rw - cgroup cgroup rw,cpu,cpuacct")
    files.put("docker/a/cpu.cfs_quota_us", "250000")
    files.put("docker/a/cpu.cfs_period_us", "100000")
    files.put("docker/a/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 7000")
    files.put("docker/a/cpuacct.usage", "123456789")
    files.put("cpu.cfs_quota_us", "-1")
    files.put("cpu.cfs_period_us", "100000")
    limit = tightest_limit(files.proc)
    assert limit is not None
    assert limit.cores == 2.5
    seen = read_cgroup_cpu(limit)
    assert (seen.used_ns, seen.throttled_ns) == (123456789, 7000)


def test_the_counters_of_version_2(files: Files) -> None:
    version_2(files)
    files.put("pod/main/cpu.max", "100000 100000")
    files.put("pod/main/cpu.stat", "usage_usec 5000\nnr_throttled 1\nthrottled_usec 30")
    limit = tightest_limit(files.proc)
    assert limit is not None
    seen = read_cgroup_cpu(limit)
    assert (seen.used_ns, seen.throttled_ns) == (5_000_000, 30_000)


def test_an_allowance_is_the_smaller_of_mask_and_quota(files: Files) -> None:
    version_2(files)
    files.put("pod/main/cpu.max", "150000 100000")
    limit = tightest_limit(files.proc)
    allowance = Allowance(host_cores=8, cpus=frozenset({0, 1}), limit=limit)
    assert allowance.cores == 1.5
    assert allowance.describe() == "1.5 of 8 (affinity mask 2, cgroup quota 1.5)"
    assert Allowance(host_cores=8, cpus=frozenset({3})).describe() == "1 of 8 (affinity mask 1)"
    assert Allowance(host_cores=2, cpus=frozenset({0, 1})).describe() == "2"
