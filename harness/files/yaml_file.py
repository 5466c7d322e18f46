"""The one loader of YAML and JSON files: values and their lines, strict and within limits.

The values of a document are what is checked, stored with the run and conducted. Refused are: a file
that is not regular, too long or not UTF-8; duplicate keys; tags; scalars that YAML 1.1 and 1.2 read
differently; numbers that are not finite; text that no process can be given (NUL, half a surrogate).
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import ConfigError
from harness.files.document import Builder, Document, DocumentError, Node, Refused, Scalar
from harness.files.json_text import build_json
from harness.files.plain_scalars import ScalarError, read_plain
from harness.files.problems import Problem, Verbatim, raise_problems

MAX_BYTES: Final = 1_000_000
MAX_DOCUMENTS: Final = 50
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_UNUSABLE: Final = re.compile("[\x00\ud800-\udfff]")
_TAG: Final = "tag:yaml.org,2002:"
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "int": int,
    "float": (int, float),
    "bool": bool,
    "null": type(None),
}
_KINDS: Final = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_document(path: Path) -> Document:
    """The document in a file, with the errors of single values; the caller raises them.

    Raises ConfigError where no document can be built.
    """
    return parse_document(path, _read_bytes(path))


def parse_document(path: Path, raw: bytes) -> Document:
    """The document in the bytes of a file that were read already. Raises ConfigError."""
    text = _text(path, raw)
    builder = Builder()
    try:
        if path.suffix == ".json":
            build_json(text, builder)
        else:
            _build_yaml(text, [builder])
        problems = [*builder.problems, *_unusable_text(builder.root)]
    except DocumentError as error:
        raise_problems(path, [*builder.problems, error.problem])
        raise
    if builder.root is None or builder.root.value is None:
        raise_problems(path, [_whole("(empty)", "the file is empty", "a mapping", "write one")])
        raise ConfigError("the file is empty", file=path)
    return Document(path=path, root=builder.root, problems=tuple(problems))


def read_documents(path: Path) -> tuple[Document, ...]:
    """Every document of a file that may hold several, split by `---`. Raises ConfigError.

    A document without values is left out; a file with nothing else is refused.
    """
    if path.suffix == ".json":
        return (read_document(path),)
    text, builders = _text(path, _read_bytes(path)), [Builder()]
    try:
        _build_yaml(text, builders, MAX_DOCUMENTS)
        found = [(b.root, (*b.problems, *_unusable_text(b.root))) for b in builders]
    except DocumentError as error:
        raise_problems(path, [*builders[-1].problems, error.problem])
        raise
    documents = tuple(
        Document(path=path, root=root, problems=problems)
        for root, problems in found
        if root is not None and root.value is not None
    )
    if not documents:
        raise_problems(path, [_whole("(empty)", "the file is empty", "a mapping", "write one")])
    return documents


def checked_root(document: Document) -> Node:
    """The document's values. Raises ConfigError if anything is wrong with it."""
    raise_problems(document.path, document.problems)
    return document.root


def dump_document(values: object) -> bytes:
    """The values as YAML that every reader of YAML 1.1 or 1.2 reads alike."""
    text = yaml.dump(values, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=100)
    return str(text).encode()


def _text(path: Path, raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        wrong = f"longer than {MAX_BYTES} bytes"
        raise_problems(path, [_whole("(file)", wrong, f"{MAX_BYTES} bytes", "shorten the file")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = Verbatim(f"byte 0x{raw[error.start]:02x}")
        raise_problems(path, [_place(line, byte, "cannot be read: not UTF-8", "store it as UTF-8")])
        raise
    if bad := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        found = Verbatim(f"U+{ord(bad.group()):04X}")
        wrong = "cannot be read: a control character"
        raise_problems(path, [_place(line, found, wrong, "remove it, or write it as an escape")])
    return text


class _Quoting(yaml.SafeDumper):
    """Quotes all text but plain words, and never writes aliases."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _is_word(text) else '"'
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


def _is_word(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", text)) and read_plain(text) == text
    except ScalarError:
        return False


_Quoting.add_representer(str, _text_node)


def _read_bytes(path: Path) -> bytes:
    """The bytes of a regular file; a FIFO or a device is refused without waiting for it."""
    try:
        return _read_regular(path)
    except FileNotFoundError:
        missing = _whole("(file)", "no such file", "an existing file", "check the path")
        raise_problems(path, [missing])
        raise
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise_problems(
            path, [_whole("(file)", f"cannot be read: {why}", "a readable file", "check the path")]
        )
        raise


def _read_regular(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            wrong = f"is {_KINDS.get(stat.S_IFMT(mode), 'a special file')}"
            raise_problems(
                path, [_whole("(file)", wrong, "a regular file", "name the file itself")]
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def _build_yaml(text: str, builders: list[Builder], most: int = 1) -> None:
    """Each document into a builder of its own, the first into the one that is there."""
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > most:
                    raise DocumentError(_one_more(_line(event), most))
                if documents > 1:
                    builders.append(Builder())
            _take(event, builders[-1])
    except yaml.MarkedYAMLError as error:
        raise DocumentError(_syntax(error, text)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise DocumentError(_place(1, Verbatim("(file)"), f"not YAML: {error}", _SYNTAX)) from None


def _one_more(line: int, most: int) -> Problem:
    wrong = "a second document" if most == 1 else f"more than {most} documents"
    return _place(line, Verbatim("---"), wrong, "keep one document a file")


def _line(event: yaml.Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 1


def _take(event: yaml.Event, builder: Builder) -> None:
    line = _line(event)
    if isinstance(event, yaml.ScalarEvent):
        node = Node(line, _scalar(event, builder))
        is_plain = event.implicit[0] and not event.style
        builder.scalar(node, anchor=event.anchor, merge=is_plain and event.value == "<<")
    elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"{_TAG}map" if mapping else f"{_TAG}seq"):
            builder.problems.append(_tagged(line, event.tag))
        builder.begin(line, mapping=mapping, anchor=event.anchor)
    elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
        builder.end()
    elif isinstance(event, yaml.AliasEvent):
        builder.alias(event.anchor or "", line)


def _scalar(event: yaml.ScalarEvent, builder: Builder) -> Scalar:
    line, text, tag = _line(event), event.value, event.tag
    if event.style or tag in ("!", f"{_TAG}str") or (text == "<<" and tag is None):
        if tag not in (None, "!", f"{_TAG}str"):
            builder.problems.append(_tagged(line, tag))
        return str(text)
    name = (tag or "").removeprefix(_TAG)
    if tag is not None and name not in _TYPES:
        builder.problems.append(_tagged(line, tag))
        return str(text)
    try:
        value = read_plain(text)
    except ScalarError as error:
        builder.problems.append(
            Problem(
                line=line,
                key=builder.key(),
                value=Verbatim(text),
                wrong=error.wrong,
                allowed=error.allowed,
                fix=error.fix,
            )
        )
        return Refused(text)
    if tag is not None and not isinstance(value, _TYPES[name]):
        builder.problems.append(_tagged(line, tag))
    return value


_SYNTAX: Final = "correct the syntax in this line or just before it; quote text with : # { [ in it"


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = text.split("\n")
    found = lines[min(number, len(lines) - 1)].strip()
    return _place(number + 1, Verbatim(found or "(end)"), f"not YAML: {error.problem}", _SYNTAX)


def _tagged(line: int, tag: str) -> Problem:
    allowed, fix = "values without tags, or !!str for text", "remove the tag; quote text"
    wrong = "a YAML tag that is not allowed here"
    return Problem(
        line=line, key="", value=Verbatim(tag[:40]), wrong=wrong, allowed=allowed, fix=fix
    )


def _unusable_text(root: Node | None) -> list[Problem]:
    found, seen = [], set[int]()
    waiting = [("", root)] if root is not None else []
    while waiting:
        key, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        texts = [*node.key_lines, *([node.value] if isinstance(node.value, str) else [])]
        for text in texts:
            if bad := _UNUSABLE.search(text):
                value = Verbatim(f"U+{ord(bad.group()):04X}")
                wrong = "text with a character that no process can be given"
                found.append(_place(node.line, value, wrong, "remove the escape"))
        waiting += [(name, child) for name, child in node.items()]
        waiting += [(key, child) for child in node.elements()]
    return found


def _place(line: int, value: object, wrong: str, fix: str) -> Problem:
    allowed = "one YAML document in UTF-8"
    return Problem(line=line, key="", value=value, wrong=wrong, allowed=allowed, fix=fix)


def _whole(value: str, wrong: str, allowed: str, fix: str) -> Problem:
    return Problem(line=0, key="", value=Verbatim(value), wrong=wrong, allowed=allowed, fix=fix)
