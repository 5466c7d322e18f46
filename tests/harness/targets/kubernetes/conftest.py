"""One small system for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.small_cluster import Small, small_system


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with small_system(tmp_path_factory.mktemp("small")) as up:
        yield up
