"""`HEADERS` of a lean scenario are filled from the environment, and no message shows a value."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.load.header_variables import headers_from


def test_a_header_is_filled() -> None:
    stated = {"Authorization": "Bearer ${TOKEN}", "X-Plain": "$5"}
    assert headers_from(stated, {"TOKEN": "t"}) == {"Authorization": "Bearer t", "X-Plain": "$5"}


@pytest.mark.parametrize(
    ("stated", "environ", "said"),
    [
        ({"X": "${TOKEN}"}, {}, "TOKEN is not set"),
        ({"X": "${TOKEN}"}, {"TOKEN": "secret\n"}, "not one line"),
        ({"a b": "c"}, {}, "names and values as text"),
        ({"X": 1}, {}, "names and values as text"),
        ("X: 1", {}, "must be a mapping"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(
    stated: object, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        headers_from(stated, environ)
    assert "secret" not in str(raised.value)
