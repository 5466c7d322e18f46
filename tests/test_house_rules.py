"""The house rules that a machine can hold: arrows, one-place imports, sizes, words."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    "commands",
    "harness",
    "reports",
    "scenarios",
    "reference_services",
    "experiments",
    "benchmarks",
)
MAY_IMPORT = {
    "cli": {"cli", "commands", "harness"},
    "commands": {"commands", "harness", "reports", "benchmarks"},
    "benchmarks": {"benchmarks", "harness", "reports", "scenarios", "reference_services"},
    "harness": {"harness"},
    "reports": {"reports", "harness"},
    "scenarios": {"scenarios", "harness"},
    "reference_services": {"reference_services"},
}
ONLY_IN: dict[str, str | tuple[str, ...]] = {
    "pybreaker": "reference_services/resilience/breaker.py",
    "aiohttp": "reference_services/resilience/transport.py",
    "sqlite3": "reference_services/bank/store.py",
    "kubernetes": "harness/targets/kubernetes/",
    "chaosk8s": "harness/targets/kubernetes/",
    "urllib3": "harness/targets/kubernetes/",
    "chaoslib": "harness/chaos/",
    "locust": ("harness/load/locust/", "scenarios/", "benchmarks/plain_user.py"),
    "gevent": "harness/load/locust/",
    "geventhttpclient": "harness/load/locust/",
}
SHARED_BY_SERVICES = {
    "resilience",
    "chassis",
    "defects",
    "payments",
    "ledger",
    "bank",
}
# The modules of harness/targets that all targets share.
SEAM = {
    "base",
    "cluster_abilities",
    "environment",
    "records",
    "registry",
    "replay",
    "edge_abilities",
}
MAX_FUNCTION, MAX_FILE, MAX_PARAMETERS = 50, 300, 5


@cache
def sources() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return tuple(sorted(ROOT / name for name in listed if name and (ROOT / name).exists()))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def products() -> tuple[Path, ...]:
    return tuple(p for p in sources() if name_of(p).split("/")[0] in (*ROOMS, "cli.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", products(), ids=name_of)
def test_arrows_point_only_where_the_floor_plan_allows(path: Path) -> None:
    room = name_of(path).split("/")[0].removesuffix(".py")
    ours = {name.split(".")[0] for name in imports(path)} & {*MAY_IMPORT, "tests"}
    assert ours <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", products(), ids=name_of)
def test_a_library_is_known_in_one_place_only(path: Path) -> None:
    strangers = {
        name.split(".")[0]
        for name in imports(path)
        if (home := ONLY_IN.get(name.split(".")[0])) and not name_of(path).startswith(home)
    }
    assert not strangers


@pytest.mark.parametrize("path", [p for p in products() if name_of(p).count("/") > 1], ids=name_of)
def test_a_service_imports_only_its_own_folder_and_what_all_share(path: Path) -> None:
    top, room, *_ = name_of(path).split("/")
    if top != "reference_services" or room == "defects":
        return
    rooms = {n.split(".")[1] for n in imports(path) if n.startswith("reference_services.")}
    below = {"resilience": {"resilience"}, "chassis": {"resilience"}}
    shared = below.get(room, SHARED_BY_SERVICES - {"payments", "ledger", "bank"})
    assert rooms & SHARED_BY_SERVICES <= shared | {room}


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_every_file_opens_with_its_role_and_stays_short(path: Path) -> None:
    text = path.read_text()
    if not text.strip():
        return
    assert ast.get_docstring(tree(path)), "the role is missing"
    assert len(text.splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_functions_stay_short_and_take_few_arguments(path: Path) -> None:
    for function in functions(path):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= MAX_FUNCTION, f"{function.name} has {lines} lines"
        names = [a.arg for a in function.args.posonlyargs + function.args.args]
        count = len([n for n in names if n not in ("self", "cls")])
        assert count <= MAX_PARAMETERS, f"{function.name} takes {count} positional arguments"


@pytest.mark.parametrize("path", products(), ids=name_of)
def test_assert_is_for_tests_and_broad_except_says_why(path: Path) -> None:
    lines = path.read_text().splitlines()
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            assert not broad or "#" in lines[node.lineno - 1], f"broad except in {node.lineno}"


@pytest.mark.parametrize(
    "path", [p for p in products() if name_of(p).split("/")[0] != "benchmarks"], ids=name_of
)
def test_only_the_registry_knows_which_targets_there_are(path: Path) -> None:
    """Targets share code among themselves; code outside targets/ imports no concrete target."""
    if not name_of(path).startswith("harness/targets/"):
        rooms = [n.split(".")[2] for n in imports(path) if n.startswith("harness.targets.")]
        assert not set(rooms) - SEAM


def test_no_room_is_a_junk_drawer() -> None:
    drawers = re.compile(r"(utils?|common|helpers?|managers?|misc)\.py$")
    assert not [name_of(p) for p in sources() if drawers.search(p.name)]


@pytest.mark.parametrize(
    "path", [p for p in sources() if name_of(p).startswith("tests/")], ids=name_of
)
def test_tests_do_not_sleep(path: Path) -> None:
    calls = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Call)]
    assert not [c.lineno for c in calls if ast.unparse(c.func) in ("time.sleep", "asyncio.sleep")]


@pytest.mark.parametrize("path", products(), ids=name_of)
def test_the_word_is_fault(path: Path) -> None:
    assert "attack" not in path.read_text().lower()


def test_scenario_files_have_two_word_names() -> None:
    """Locust puts scenarios/ first on sys.path: one word could shadow a module of the library."""
    names = [p.stem for p in sources() if name_of(p).startswith("scenarios/")]
    assert not [n for n in names if "_" not in n]


def test_experiments_hold_no_python() -> None:
    assert not [name_of(p) for p in sources() if name_of(p).startswith("experiments/")]


def test_nothing_committed_names_a_registry_or_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    paths = [ROOT / n for n in listed if (ROOT / n).suffix not in {".png", ".bin"}]
    bad = re.compile(r"https?://[^/\s]*(pypi|npmjs|maven|crates|pythonhosted)|/(work|root)/")
    me = Path(__file__)
    found = [name_of(p) for p in paths if p.exists() and p != me and bad.search(p.read_text())]
    assert not found


STARTS_A_PROCESS = ("subprocess.Popen", "subprocess.run", "subprocess.check_output")


@pytest.mark.parametrize(
    "path", [p for p in products() if name_of(p).startswith("harness/")], ids=name_of
)
def test_a_child_of_the_harness_dies_with_it(path: Path) -> None:
    """The watchdog outlives the harness on purpose, and ends when it has done its work."""
    calls = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Call)]
    starts = [c for c in calls if ast.unparse(c.func) in STARTS_A_PROCESS]
    untied = [c.lineno for c in starts if "preexec_fn" not in {k.arg for k in c.keywords}]
    assert not untied or name_of(path) == "harness/safety/watchdog.py"
