"""The soak sees what a process holds, and which way it goes."""

from __future__ import annotations

from benchmarks.soak import Seen, look, trend
from tests.support.safety_victims import victim, within

MIB = 1 << 20


def test_a_process_that_grows_has_a_slope_and_one_that_is_warm_has_none() -> None:
    grows = [Seen(at_s=60 * n, anonymous_bytes=n * MIB, descriptors=5) for n in range(11)]
    found = trend("bank", grows)
    assert round(found.slope_bytes) == 60 * MIB
    assert abs(found.slope_descriptors) < 1e-9
    warm = [Seen(at_s=60 * n, anonymous_bytes=min(n, 5) * MIB, descriptors=n) for n in range(11)]
    found = trend("ledger", warm)
    assert abs(found.slope_bytes) < 1
    assert round(found.slope_descriptors) == 60


def test_memory_and_descriptors_of_a_process_and_its_descendants_are_seen() -> None:
    code = (
        "import subprocess, sys, time; kept = bytearray(50_000_000)\n"
        "files = [open('/dev/null') for _ in range(40)]\n"
        "child = [sys.executable, '-c', 'b = bytearray(30_000_000); input()']\n"
        "subprocess.Popen(child, stdin=subprocess.PIPE, start_new_session=True); time.sleep(60)"
    )
    with victim(code) as (process, _):

        def seen() -> bool:
            found = look(process.pid, 0.0)
            return found is not None and found.anonymous_bytes > 80e6 and found.descriptors > 40

        assert within(10, seen) is not None


def test_an_ended_process_is_not_seen() -> None:
    with victim("") as (process, _):
        process.wait(5)
        assert look(process.pid, 0.0) is None
