"""The image without Docker is the one of the Dockerfile, and its archive follows the OCI layout."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import re
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

IMAGE = Path(__file__).parents[2] / "deploy" / "image"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_image", IMAGE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_dockerfile_and_script_describe_the_same_container(build: ModuleType) -> None:
    lines = re.findall(r"^([A-Z]+) (.+)$", (IMAGE / "Dockerfile").read_text(), re.MULTILINE)
    recipe = dict(lines)
    assert recipe["USER"] == build.CONFIG["User"]
    assert recipe["WORKDIR"] == build.CONFIG["WorkingDir"]
    assert json.loads(recipe["ENTRYPOINT"]) == build.CONFIG["Entrypoint"]
    assert recipe["ENV"] in build.CONFIG["Env"]
    steps = [words.split()[1] for verb, words in lines if verb == "RUN"]
    inside = ["/opt/dependencies/install-dependencies", "/opt/squall/deploy/image/install"]
    assert steps == inside
    assert all((IMAGE / Path(step).name).exists() for step in steps)


def test_the_user_is_a_number_and_not_root(build: ModuleType) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", build.USER)
    assert f"squall:x:{build.USER}:" in (IMAGE / "install").read_text()


def test_every_digest_of_the_archive_is_that_of_its_content(
    build: ModuleType, tmp_path: Path
) -> None:
    root, archive = tmp_path / "root", tmp_path / "image.tar"
    for name in ("usr/bin/squall", "proc/1", "tmp/left"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    build.write_layer(root, tmp_path / "first.tar")
    build.write_layer(root, tmp_path / "none.tar", changed_after_s=math.inf)
    build.write_archive(archive, [tmp_path / "first.tar"], "squall.local/squall:1")
    assert not read(tmp_path / "none.tar")
    blobs = read(archive)
    for name, content in blobs.items():
        if name.startswith("blobs/"):
            assert name == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"
    manifest = blob(blobs, json.loads(blobs["index.json"])["manifests"][0])
    assert blob(blobs, manifest["config"])["config"] == build.CONFIG
    layer_name = "blobs/sha256/" + manifest["layers"][0]["digest"].removeprefix("sha256:")
    (tmp_path / "layer.tar").write_bytes(blobs[layer_name])
    files = [name for name in read(tmp_path / "layer.tar") if "." not in name]
    assert files == ["usr/bin/squall"]


def read(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        files = {entry.name: tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


def blob(blobs: dict[str, bytes], described: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON
    content = blobs["blobs/sha256/" + described["digest"].removeprefix("sha256:")]
    assert len(content) == described["size"]
    return json.loads(content)
