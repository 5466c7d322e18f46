"""The loader reads values with their lines, refuses ambiguity, and keeps its limits."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import ConfigError
from harness.files.document import MAX_DEPTH, MAX_NODES, plain
from harness.files.yaml_file import checked_root, dump_document, read_document
from tests.support.documents_files import EXPERIMENT, experiment_file


def read(folder: Path, text: str | bytes, name: str = "file.yaml") -> Any:  # noqa: ANN401  # any document
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return plain(checked_root(read_document(path)))


def refused(folder: Path, text: str | bytes, name: str = "file.yaml") -> str:
    with pytest.raises(ConfigError) as error:
        read(folder, text, name)
    return str(error.value)


def test_yaml_json_and_merge_keys_give_the_same_values(tmp_path: Path) -> None:
    wanted = yaml.safe_load(EXPERIMENT)
    assert read(tmp_path, EXPERIMENT) == wanted
    assert read(tmp_path, json.dumps(wanted, indent="\t"), "experiment.json") == wanted
    merged = EXPERIMENT.replace(
        "      type: python\n      module: harness.chaos.actions\n",
        "      <<: {type: python, module: harness.chaos.actions}\n",
        1,
    )
    assert merged != EXPERIMENT
    assert read(tmp_path, merged) == wanted


def test_an_own_key_wins_over_a_merged_one_and_the_first_merged_over_the_next(
    tmp_path: Path,
) -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n"
    assert read(tmp_path, text)["c"] == {"x": 3, "y": 1, "z": 2}


@pytest.mark.parametrize("name", ["file.yaml", "file.json"])
def test_a_key_that_is_there_twice_is_refused_with_the_second_line(
    tmp_path: Path, name: str
) -> None:
    text = '{\n"method": [1],\n"title": "t",\n"method": [2]}\n'
    said = refused(tmp_path, text, name)
    assert f"{name}:4: method: (second time): this key is in the mapping twice" in said


def test_every_wrong_scalar_of_a_file_is_reported_not_only_the_first(tmp_path: Path) -> None:
    said = refused(tmp_path, "a: .inf\nb: 1\na: 2\nc: on\n")
    assert [line.split(":")[1] for line in said.split("\n")] == ["1", "3", "4"]


@pytest.mark.parametrize(
    "scalar",
    ["on", "No", "yes", "OFF", "010", "0o17", "1:30", "1_000", "0b11", "1e3", "2024-01-01", "="],
)
def test_a_scalar_that_two_versions_of_yaml_read_differently_must_be_quoted(
    tmp_path: Path, scalar: str
) -> None:
    assert "file.yaml:2: x: " in refused(tmp_path, f"a: 1\nx: {scalar}\n")
    assert read(tmp_path, f'x: "{scalar}"\n') == {"x": scalar}


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *[("12", 12), ("-3", -3), ("0x1F", 31), ("1.5", 1.5), (".5", 0.5), ("1.0e+3", 1000.0)],
        *[("true", True), ("null", None), ("~", None), ("", None), ("y", "y"), ("a-b", "a-b")],
    ],
)
def test_an_unambiguous_scalar_has_its_plain_meaning(
    tmp_path: Path, scalar: str, value: object
) -> None:
    assert read(tmp_path, f"x: {scalar}\n") == {"x": value}
    assert yaml.safe_load(f"x: {scalar}\n") == {"x": value}


@pytest.mark.parametrize("scalar", [".nan", ".inf", "-.INF", "1.0e+999", "9" * 5000])
def test_a_number_without_an_end_is_refused(tmp_path: Path, scalar: str) -> None:
    assert "file.yaml:1: x: " in refused(tmp_path, f"x: {scalar}\n")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "01", "+1", "1.", "9" * 5000])
def test_json_is_read_as_strict_json(tmp_path: Path, number: str) -> None:
    assert "file.json:2: " in refused(tmp_path, f'{{\n"x": {number}}}', "file.json")


@pytest.mark.parametrize(
    "text", ["[1,]", '{"a" 1}', "[1 2]", "{", '{"a": "\n"}', "'a'", "[1]]", '{"a": tru}']
)
def test_json_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    assert "not JSON" in refused(tmp_path, text, "file.json")


@pytest.mark.parametrize(
    "text",
    [
        "x: " + "[" * 5000,
        "{" * 5000,
        "- " * 5000 + "x",
        "a: &a [x]\n"
        + "".join(f"b{i}: &b{i} [*b{i - 1}]\n".replace("*b-1", "*a") for i in range(99)),
    ],
)
def test_a_document_that_is_too_deep_is_refused(tmp_path: Path, text: str) -> None:
    said = refused(tmp_path, text)
    assert f"nested deeper than {MAX_DEPTH} levels" in said or "as a key" in said
    assert "RecursionError" not in said


def test_deep_json_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "[" * 100_000, "file.json")
    assert f"nested deeper than {MAX_DEPTH} levels" in said


def test_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    lines = ["l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert f"more than {MAX_NODES} values" in refused(tmp_path, "\n".join(lines))


def test_merging_is_counted_as_well(tmp_path: Path) -> None:
    keys = ", ".join(f"k{i}: {i}" for i in range(1000))
    text = f"a: &a {{{keys}}}\nb:\n" + "".join(f"  m{i}: {{<<: *a}}\n" for i in range(50))
    assert f"more than {MAX_NODES} values" in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]", "inside its own anchor"),
        ("a: *b", "no such anchor"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("x: !!python/object/apply:os.system [id]", "tag"),
        ("x: !secret y", "tag"),
        ("x: !!int y", "tag"),
        ("1: x", "not text"),
        ("? [a]\n: b", "as a key"),
        ("a: {<<: 3}", "merge key takes mappings"),
        ("x: {a: 1\n", "not YAML"),
        ("\tx: 1", "not YAML"),
        ("a: b: c", "not YAML"),
        ("", "the file is empty"),
        ("# only a remark", "the file is empty"),
        (b"\xff\xfea\x00", "not UTF-8"),
        (b"a: \xe4\n", "not UTF-8"),
        ("a: \x07", "control character"),
        ("a: b\u2028c", "control character"),
        ('a: "\\0"', "no process can be given"),
        ("x" * 1_000_001, "longer than"),
    ],
)
def test_what_is_no_plain_document_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_half_a_surrogate_is_refused_and_a_whole_pair_is_read(tmp_path: Path) -> None:
    assert "no process can be given" in refused(tmp_path, '{"a": "\\ud800"}', "file.json")
    assert read(tmp_path, '{"a": "\\ud83d\\ude00"}', "file.json") == {"a": "\U0001f600"}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n") == {"a": 1}


def test_only_a_regular_file_is_read_and_nothing_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path, said in (
            (tmp_path / "fifo", "is a FIFO"),
            (tmp_path, "is a directory"),
            (Path("/dev/zero"), "is a device"),
            (tmp_path / "socket", "cannot be read"),
            (tmp_path / "none", "no such file"),
            (tmp_path / ("n" * 300), "cannot be read"),
            (Path("a\0b"), "cannot be read"),
        ):
            with pytest.raises(ConfigError, match=said):
                read_document(path)


def test_a_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    path = experiment_file(tmp_path)
    (tmp_path / "link.yaml").symlink_to(path)
    assert plain(read_document(tmp_path / "link.yaml").root) == yaml.safe_load(EXPERIMENT)


def test_what_is_written_is_read_alike_by_every_reader(tmp_path: Path) -> None:
    values = {
        "texts": [
            "on",
            "1e3",
            "0o17",
            "010",
            "",
            " a ",
            "a: b",
            '\u00e9\n\t"',
            "null",
            "2024-01-01",
        ],
        "numbers": [1, 1.0, 1e22, 1e-9, -5, sys.maxsize],
        "rest": [True, None, [], {}],
    }
    (tmp_path / "out.yaml").write_bytes(dump_document(values))
    assert yaml.safe_load((tmp_path / "out.yaml").read_text()) == values
    assert plain(checked_root(read_document(tmp_path / "out.yaml"))) == values


def test_a_message_is_inert(tmp_path: Path) -> None:
    said = refused(tmp_path, 'x: &a "\\e[31m\\nforged.yaml:1: all is well"\n"\\e[2J": *b\n')
    assert "\x1b" not in said
    assert said.count("\n") == 0
