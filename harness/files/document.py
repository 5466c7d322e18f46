"""A file's values with their lines, built from parser events: merge keys resolved, size limited."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.files.problems import Problem, Verbatim

MAX_DEPTH: Final = 30
MAX_NODES: Final = 20_000
Scalar = str | int | float | bool | None


class Refused(str):
    """The text of a scalar that was refused already: no further check says anything about it."""

    __slots__ = ()


@dataclass(slots=True)
class Node:
    """One value of a file. Aliases share it. `key_lines` has the line of each key of a mapping."""

    line: int
    value: Scalar | list[Node] | dict[str, Node]
    key_lines: dict[str, int] = field(default_factory=dict)
    size: int = 1
    depth: int = 1

    def child(self, key: str) -> Node | None:
        """The value under a key of a mapping; None where there is none."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> list[tuple[str, Node]]:
        """The pairs of a mapping; none of anything else."""
        return list(self.value.items()) if isinstance(self.value, dict) else []

    def elements(self) -> list[Node]:
        """The elements of a list; none of anything else."""
        return self.value if isinstance(self.value, list) else []

    def text(self, key: str) -> str:
        """The text under a key; empty where it is missing or not text."""
        found = self.child(key)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def line_of_key(self, key: str) -> int:
        """The line of a key, or of the mapping where the key is missing."""
        return self.key_lines.get(key, self.line)


def plain(node: Node) -> Any:  # noqa: ANN401  # the values of any file
    """The values without their lines."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that could be parsed, and what is wrong with it so far."""

    path: Path
    root: Node
    problems: tuple[Problem, ...] = ()


class DocumentError(Exception):
    """The document cannot be built at all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.wrong)
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    node: Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    merging: bool = False
    merges: list[Node] = field(default_factory=list)


class Builder:
    """Takes parser events in their order; `root` is the document. Never recursive."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node | None] = {}
        self._count = 0

    def key(self) -> str:
        """The key whose value comes next; empty in a list or at a key."""
        return (self._frames[-1].key or "") if self._frames else ""

    def scalar(self, node: Node, *, anchor: str | None = None, merge: bool = False) -> None:
        """A key or a value; `merge` marks a plain `<<`."""
        self._grow(1, node.line)
        frame = self._frames[-1] if self._frames else None
        if frame is None or isinstance(frame.node.value, list) or frame.key is not None:
            self._put(node, anchor)
        elif frame.merging:
            self._merge(frame, node)
        else:
            self._take_key(frame, node, merge=merge)

    def begin(self, line: int, *, mapping: bool, anchor: str | None = None) -> None:
        """A mapping or a list begins."""
        self._grow(1, line)
        if len(self._frames) >= MAX_DEPTH:
            raise _too_much(line, f"nested deeper than {MAX_DEPTH} levels", f"{MAX_DEPTH} levels")
        if self._expects_key():
            text = "a mapping or a list as a key"
            raise DocumentError(
                Problem(
                    line=line,
                    key="",
                    value=Verbatim("?"),
                    wrong=text,
                    allowed="text as a key",
                    fix="write the key as one word",
                )
            )
        if anchor is not None:
            self._anchors[anchor] = None
        value: dict[str, Node] | list[Node] = {} if mapping else []
        self._frames.append(_Frame(Node(line, value), anchor))

    def end(self) -> None:
        """The innermost mapping or list ends."""
        frame = self._frames.pop()
        node = frame.node
        if isinstance(node.value, dict):
            for merged in frame.merges:
                for key, value in merged.items():
                    if key not in node.value:
                        node.value[key] = value
                        node.key_lines[key] = merged.line_of_key(key)
        parts = list(node.value.values()) if isinstance(node.value, dict) else node.elements()
        node.size = 1 + sum(part.size for part in parts)
        node.depth = 1 + max((part.depth for part in parts), default=0)
        self._put(node, frame.anchor)

    def alias(self, name: str, line: int) -> None:
        """The value of an anchor again."""
        node = self._anchors.get(name)
        if node is None:
            wrong = "an alias inside its own anchor" if name in self._anchors else "no such anchor"
            raise DocumentError(
                Problem(
                    line=line,
                    key="",
                    value=Verbatim(f"*{name}"),
                    wrong=wrong,
                    allowed="an alias of an anchor that is complete before it",
                    fix="write the value itself in place of the alias",
                )
            )
        self._grow(node.size, line)
        if len(self._frames) + node.depth > MAX_DEPTH + 1:
            raise _too_much(line, f"nested deeper than {MAX_DEPTH} levels", f"{MAX_DEPTH} levels")
        frame = self._frames[-1] if self._frames else None
        if frame is not None and self._expects_key():
            self._take_key(frame, node, merge=False)
        else:
            self._put(node, None)

    def _expects_key(self) -> bool:
        frame = self._frames[-1] if self._frames else None
        return (
            frame is not None
            and isinstance(frame.node.value, dict)
            and frame.key is None
            and not frame.merging
        )

    def _put(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        frame = self._frames[-1] if self._frames else None
        if frame is None:
            self.root = node
        elif isinstance(frame.node.value, list):
            frame.node.value.append(node)
        elif frame.merging:
            self._merge(frame, node)
        elif frame.key is not None and isinstance(frame.node.value, dict):
            frame.node.value[frame.key] = node
            frame.node.key_lines[frame.key] = frame.key_line
            frame.key = None

    def _take_key(self, frame: _Frame, node: Node, *, merge: bool) -> None:
        if merge:
            self._refuse_second(frame, "<<", node.line, seen=bool(frame.merges))
            frame.merging = True
            return
        key = node.value if isinstance(node.value, str) else str(node.value)
        if not isinstance(node.value, str):
            self.problems.append(
                Problem(
                    line=node.line,
                    key="",
                    value=node.value if not isinstance(node.value, dict | list) else Verbatim("?"),
                    wrong="this key is not text",
                    allowed="text as a key",
                    fix=f'write the key in quotes, "{key[:40]}"',
                )
            )
        self._refuse_second(frame, key, node.line, seen=key in frame.node.key_lines)
        frame.key, frame.key_line = key, node.line

    def _refuse_second(self, frame: _Frame, key: str, line: int, *, seen: bool) -> None:
        if seen:
            first = frame.node.key_lines.get(key, frame.node.line)
            self.problems.append(
                Problem(
                    line=line,
                    key=key,
                    value=Verbatim("(second time)"),
                    wrong=f"this key is in the mapping twice, first in line {first}",
                    allowed="each key once",
                    fix=f"remove one `{key[:40]}` or rename it",
                )
            )

    def _merge(self, frame: _Frame, node: Node) -> None:
        frame.merging = False
        sources = node.elements() if isinstance(node.value, list) else [node]
        for source in sources:
            if isinstance(source.value, dict):
                self._grow(source.size, node.line)
                frame.merges.append(source)
            else:
                self.problems.append(
                    Problem(
                        line=source.line,
                        key="<<",
                        value=source.value if not isinstance(source.value, list) else [],
                        wrong="a merge key takes mappings",
                        allowed="a mapping or a list of mappings",
                        fix="write `<<: *anchor`, or the keys themselves",
                    )
                )

    def _grow(self, count: int, line: int) -> None:
        self._count += count
        if self._count > MAX_NODES:
            wrong = f"more than {MAX_NODES} values, aliases expanded"
            raise _too_much(line, wrong, f"{MAX_NODES} values")


def _too_much(line: int, wrong: str, allowed: str) -> DocumentError:
    return DocumentError(
        Problem(
            line=line,
            key="",
            value=Verbatim("(document)"),
            wrong=wrong,
            allowed=f"at most {allowed}",
            fix="make the file smaller and flatter",
        )
    )
