"""Free and busy ports, with real sockets."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from harness.errors import RefusedError
from harness.targets.local.ports import HOST, Ports, is_free


def test_gives_each_port_once_and_below_the_ephemeral_ones() -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = Ports(random.Random(7))
    given = [ports.take() for _ in range(50)]
    assert len(set(given)) == 50
    assert max(given) < max(low, 32_768)


def test_never_gives_one_that_was_claimed() -> None:
    first = Ports(random.Random(3)).take()
    ports = Ports(random.Random(3))
    ports.claim(first, "edge a>b")
    assert ports.take() != first


def test_names_a_busy_port_and_who_wanted_it() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        busy = holder.getsockname()[1]
        assert not is_free(busy)
        with pytest.raises(RefusedError, match=rf"port {busy} \(edge a>b\) is in use"):
            Ports(random.Random(1)).claim(busy, "edge a>b")
    assert is_free(busy)
