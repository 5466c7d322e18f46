"""`squall init` writes files that `squall validate` accepts, for each kind of system."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli
from harness.errors import ConfigError

START = 'python server.py --port {port} --name "two words"'
SHOP = """
openapi: 3.1.0
paths:
  /orders:
    post:
      parameters: [{name: Idempotency-Key, in: header}]
      requestBody: {content: {application/json: {example: {amount_minor: 5, note: "it's"}}}}
    get: {}
  /orders/{id}:
    get: {}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def squall(*words: str) -> Result:
    return CliRunner().invoke(cli.squall, list(words), catch_exceptions=False)


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (("--start", START), "local"),
        (("--url", "http://127.0.0.1:8123"), "attached"),
        (("--url", "http://127.0.0.1:8123/", "--name", "shop", "--health", "/up"), "attached"),
    ],
)
def test_what_it_writes_is_accepted(folder: Path, answer: tuple[str, ...], target: str) -> None:
    squall("init", "mine", *answer)
    files = {str(path.relative_to(folder / "mine")) for path in folder.rglob("*.*")}
    assert files == {"system.yaml", f"deploy/{target}.yaml", "scenario.py", "experiment.yaml"}
    words = ["mine/experiment.yaml", "--system", "mine/system.yaml", "--target", target]
    assert squall("validate", *words).exit_code == 0


def test_the_next_commands_are_printed(folder: Path) -> None:
    said = squall("init", "my files", "--url", "http://127.0.0.1:8123").output
    assert f"wrote  {Path('my files/scenario.py')}" in said
    run = "squall run 'my files/experiment.yaml' --system 'my files/system.yaml' --target attached"
    assert run in said
    assert (folder / "my files").is_dir()


@pytest.mark.usefixtures("folder")
def test_an_encrypted_system_is_watched_since_no_proxy_can_be_in_between() -> None:
    said = squall("init", "--url", "https://shop.example").output
    assert "experiment" not in said
    assert "squall watch --url https://shop.example --scenario scenario.py" in said


def test_each_documented_operation_is_a_task_that_sends_the_key(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP)
    squall("init", "mine", "--start", START, "--openapi", "shop.yaml")
    text = (folder / "mine" / "scenario.py").read_text()
    functions = [n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    assert functions == ["get_orders", "post_orders"]
    assert "headers={'Idempotency-Key': key}" in text
    assert "# Not sent, add it by hand: GET /orders/{id}" in text


@pytest.mark.usefixtures("folder")
def test_nothing_is_overwritten() -> None:
    squall("init", "--start", START)
    with pytest.raises(ConfigError, match=r"system\.yaml: it exists"):
        squall("init", "--start", START)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--url", "http://a", "--start", "b"), "not both"),
        (("--url", "ftp://a"), "write for example http://"),
        (("--start", "'"), "No closing quotation"),
        (("--start", " "), "is empty"),
        (("--start", "a", "--name", "a b"), "letters, digits"),
        (("--start", "a", "--health", "up"), "begins with /"),
        ((), "give --url"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(words: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        squall("init", *words)
    assert not list(Path().iterdir())
