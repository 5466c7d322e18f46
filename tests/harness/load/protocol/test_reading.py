"""A YAML scenario is read strictly: each error names its file, line, value and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.load.check import Build
from harness.load.protocol.reading import curve_of_description, read_description
from harness.load.scenario import engine_of
from harness.load.traffic import Spike
from harness.python_child import CHECKOUT

SOUND = """\
engine: lean
curve:
  steady: {per_s: 80}
headers: {Authorization: "Bearer ${SHOP_TOKEN}"}
create:
  path: /orders
  body: {amount_minor: 1250}
  key_header: Idempotency-Key
  done: [201]
  refused: [4xx]
status:
  path: /orders/{key}
  done: [200]
"""
TOKEN = {"SHOP_TOKEN": "s3cret"}


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> str:
    file = tmp_path / "orders.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_description(file, TOKEN if environ is None else environ)
    return str(raised.value)


@pytest.mark.parametrize(
    ("sound", "wrong", "line", "said"),
    [
        ("key_header: Idem", "key_heade: Idem", 8, "did you mean `key_header`?"),
        ("status:", "state:", 11, "unknown key `state`"),
        ("done: [201]", "done: [20]", 9, "out of range"),
        ("done: [201]", "done: []", 9, "at least 1 elements"),
        ("refused: [4xx]", "refused: [4x]", 10, "not in the right form"),
        ("refused: [4xx]", "refused: [201]", 10, "it is in `done`, too"),
        ("per_s: 80", "per_s: -1", 3, "is negative"),
        ("  steady: {per_s: 80}", "  {}", 3, "0 curves"),
        ("path: /orders\n", "path: orders\n", 6, "begins with /"),
        ("path: /orders/{key}", "path: /orders", 12, "it does not name the key"),
        ("  key_header: Idempotency-Key\n", "", 6, "missing required field `key_header`"),
        ("key_header: Idempotency-Key", "key_field: order.key", 8, "the body has no place"),
        ("engine: lean", "engine: leen", 1, "did you mean `lean`?"),
        ("headers: {Auth", 'headers: {"a b": c, Auth', 4, "not in the right form"),
        ("engine: lean", "asked: [amount]", 1, "did you mean `amount_minor`?"),
    ],
)
def test_an_error_names_its_line_and_the_fix(
    tmp_path: Path, sound: str, wrong: str, line: int, said: str
) -> None:
    text = problems(tmp_path, SOUND.replace(sound, wrong, 1))
    assert f"orders.yaml:{line}: " in text
    assert said in text


def test_the_examples_and_the_page_are_sound(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "scenarios.md").read_text()
    (tmp_path / "page.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    assert read_description(tmp_path / "page.yaml", TOKEN).engine == "lean"
    for example in (CHECKOUT / "examples" / "kinto").glob("orders.yaml"):
        assert read_description(example).create.done == (200, 201)


def test_a_variable_is_filled_from_the_environment_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(SOUND)
    assert read_description(file, TOKEN).headers == {"Authorization": "Bearer s3cret"}
    assert "no variable SHOP_TOKEN" in problems(tmp_path, SOUND, {})
    said = problems(tmp_path, SOUND, {"SHOP_TOKEN": "s3cret\r\nX-Other: 1"})
    assert "the value of a variable does not fit" in said
    assert "s3cret" not in said


def test_a_file_without_python_is_built_as_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    spike = "spike: {base_per_s: 1, peak_per_s: 2, rise_at_s: 3, rise_s: 4, hold_s: 5, fall_s: 6}"
    file.write_text(SOUND.replace("steady: {per_s: 80}", spike).replace("Bearer ${", "${PA"))
    text = file.read_text().replace("${PASHOP_TOKEN}", "none")
    file.write_text(text)
    assert engine_of(file) == "lean"
    assert Build("orders.yaml", 60, tmp_path).data().kind == "Spike"
    assert curve_of_description(read_description(file)) == Spike(
        base_per_s=1, peak_per_s=2, rise_at_s=3, rise_s=4, hold_s=5, fall_s=6
    )
