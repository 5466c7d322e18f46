"""The state folder is its owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import RefusedError
from harness.safety.state import open_state, state_folder


def test_lies_where_the_environment_says(tmp_path: Path) -> None:
    state = open_state({"SQUALL_STATE_DIR": str(tmp_path / "mine")})
    assert state.root == tmp_path / "mine"
    assert state.root.stat().st_mode & 0o777 == 0o700
    assert {state.target_socket.name, state.undo.name} == {"target.sock", "undo.ndjson"}
    assert open_state({"SQUALL_STATE_DIR": str(tmp_path / "mine")}) == state


def test_is_named_for_its_user_by_default_and_not_created_by_asking() -> None:
    state = state_folder({})
    assert state.root.name == f"squall-{os.getuid()}"


def test_refuses_a_folder_that_others_can_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(RefusedError, match="chmod 700"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path)})


def test_refuses_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(RefusedError, match="a link"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path / "link")})


def test_refuses_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError, match="SQUALL_STATE_DIR"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path / "file")})


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_refuses_a_folder_of_another_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(RefusedError, match="uid 65534"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path)})


def test_refuses_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="shorter"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path / ("x" * 100))})


@pytest.mark.parametrize("name", ["a,b", "a'b", 'a"b', "a\\b", "a\nb"])
def test_refuses_a_path_that_postgresql_cannot_use(name: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="PostgreSQL"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path / name)})


def test_refuses_a_folder_that_others_could_put_theirs_in_place_of(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    with pytest.raises(RefusedError, match=r"others can replace.*mode 0777.*chmod go-w"):
        open_state({"SQUALL_STATE_DIR": str(tmp_path / "shared" / "mine")})


def test_a_sticky_folder_such_as_tmp_is_no_danger(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    assert open_state({"SQUALL_STATE_DIR": str(tmp_path / "tmp" / "mine")}).root.is_dir()
