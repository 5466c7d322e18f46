"""Templates of a system file."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.files.templates import fill

VALUES = {"port": "8000", "edge:payments>ledger": "127.0.0.1:9"}


def test_fills_a_port_and_an_edge() -> None:
    assert fill("http://{edge:payments>ledger}/?{port}", VALUES) == "http://127.0.0.1:9/?8000"


def test_names_the_nearest_template_for_an_unknown_one() -> None:
    with pytest.raises(ConfigError, match=r"edge:payments>legder.*did you mean.*payments>ledger"):
        fill("{edge:payments>legder}", VALUES)


def test_leaves_json_alone() -> None:
    assert fill('{"a": {}}', VALUES) == '{"a": {}}'
