"""The SLO documents that a run is judged by: found by name or path, read, and held together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import ConfigError
from harness.files.document import Document, Node
from harness.files.problems import MISSING, Problem, fix_name, listed, nearest, raise_problems
from harness.files.real_path import real_path
from harness.files.record_check import missing_key, problem_at, problems_of, record, wrong_value
from harness.files.yaml_file import read_documents
from harness.python_child import CHECKOUT
from harness.slo.agreement import recovery_problems, slo_problems
from harness.slo.features import KINDS, unsupported
from harness.slo.openslo import Slo
from harness.slo.recovery_objective import RecoveryObjective

PRESETS: Final = CHECKOUT / "objectives"
_OURS: Final = {"SLO": Slo, "RecoveryObjective": RecoveryObjective}
# Tests that cloud users know by name and that no target can make yet.
UNAVAILABLE: Final = {
    "region-isolation": "no target can cut a region off",
    "region-recovery": "no target can move a system to another region",
}
_FORMS: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSet:
    """All documents of one run; each recovery objective names an SLO of the set."""

    slos: tuple[Slo, ...] = ()
    recoveries: tuple[RecoveryObjective, ...] = ()

    def recovery_of(self, slo: Slo) -> tuple[RecoveryObjective, ...]:
        """The recovery objectives that name this SLO."""
        return tuple(one for one in self.recoveries if one.spec.slo == slo.name)


def preset_names() -> tuple[str, ...]:
    """Every document of objectives/."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


def slo_path(word: str, beside: Path | None = None) -> Path:
    """The file that a preset's name or a path means.

    A relative path counts from the current folder, then from `beside`. Raises ConfigError.
    """
    names = preset_names()
    if word in names:
        return PRESETS / f"{word}.yaml"
    if word in UNAVAILABLE:
        raise ConfigError(f"{word}: not available yet: {UNAVAILABLE[word]}")
    if not word.endswith(_FORMS) and "/" not in word:
        text = f"no SLO document {word[:60]!r} in objectives/; {nearest(word, names)}"
        raise ConfigError(f"{text}; or give the path of a file")
    folders = (Path.cwd(), *((beside,) if beside is not None else ()))
    for folder in folders:
        path = real_path(Path(folder, word))
        if path.exists():
            return path
    places = " and ".join(str(folder) for folder in folders)
    raise ConfigError(f"no SLO document {word[:60]!r}: looked in {places}")


def read_slo_files(paths: Sequence[Path]) -> SloSet:
    """All documents of these files. Raises ConfigError with the errors of all files."""
    said: list[str] = []
    found: list[tuple[Document, Slo | RecoveryObjective]] = []
    for path in dict.fromkeys(paths):
        try:
            documents = read_documents(path)
            raise_problems(path, [p for one in documents for p in document_problems(one)])
            found += [(one, _record(one.root)) for one in documents]
        except ConfigError as error:
            said += error.problems or (str(error),)
    slos = {one.name for _, one in found if isinstance(one, Slo)}
    said += _said(found, slos, are_all=not said)
    if said:
        raise ConfigError.of_all(tuple(said))
    return SloSet(
        slos=tuple(one for _, one in found if isinstance(one, Slo)),
        recoveries=tuple(one for _, one in found if isinstance(one, RecoveryObjective)),
    )


def slo_paths(words: Sequence[str], beside: Path | None = None) -> tuple[Path, ...]:
    """The files of these names and paths, each once. Raises ConfigError."""
    return tuple(dict.fromkeys(slo_path(word, beside) for word in words))


def document_problems(document: Document) -> list[Problem]:
    """All that is wrong with one document by itself."""
    root = document.root
    if document.problems:
        return list(document.problems)
    if not isinstance(root.value, dict):
        wrong, allowed = (
            "not an OpenSLO document",
            "a mapping with apiVersion, kind, metadata, spec",
        )
        fix = "start from a file in objectives/"
        return [problem_at(root, "", wrong, allowed, fix)]
    kind = root.text("kind")
    if kind not in _OURS:
        return [_unknown_kind(root, kind)]
    refused = list(unsupported(root)) if kind == "SLO" else []
    at_features = {problem.key for problem in refused}
    shape = [p for p in problems_of(root, _OURS[kind]) if not _is_caused(p, at_features)]
    if refused or shape:
        return [*refused, *shape]
    if kind == "SLO":
        return list(slo_problems(root, record(root, Slo)))
    return list(recovery_problems(root, record(root, RecoveryObjective)))


def _is_caused(problem: Problem, features: set[str]) -> bool:
    """The form of a refused feature, or a key that is missing beside it: it is in its place."""
    key = problem.key
    is_within = any(key == at or key.startswith((f"{at}.", f"{at}[")) for at in features)
    beside = {at.rpartition(".")[0] for at in features}
    return is_within or (problem.value is MISSING and key.rpartition(".")[0] in beside)


def _record(root: Node) -> Slo | RecoveryObjective:
    return record(root, Slo) if root.text("kind") == "SLO" else record(root, RecoveryObjective)


def _said(
    found: Sequence[tuple[Document, Slo | RecoveryObjective]], slos: set[str], *, are_all: bool
) -> Iterator[str]:
    """Names that are taken, and recovery objectives whose SLO is in no file."""
    seen = set[tuple[str, str]]()
    for document, one in found:
        root, problems = document.root, list[Problem]()
        if (one.kind, one.name) in seen:
            metadata = root.child("metadata") or root
            wrong, fix = f"another {one.kind} has this name", "rename it"
            problems.append(wrong_value(metadata, "metadata.name", wrong, "each name once", fix))
        seen.add((one.kind, one.name))
        if are_all and isinstance(one, RecoveryObjective) and one.spec.slo not in slos:
            spec, fix = root.child("spec") or root, fix_name(one.spec.slo, slos)
            wrong = "no SLO of this name is given"
            problems.append(wrong_value(spec, "spec.slo", wrong, listed(sorted(slos)), fix))
        try:
            raise_problems(document.path, problems)
        except ConfigError as error:
            yield from error.problems


def _unknown_kind(root: Node, kind: str) -> Problem:
    if root.child("kind") is None:
        return missing_key(root, "kind", "", "SLO")
    allowed = listed(sorted(_OURS))
    if kind in KINDS:
        wrong = f"valid OpenSLO, but the feature `kind {kind}` is not supported"
        return wrong_value(root, "kind", wrong, allowed, "remove this document")
    return wrong_value(root, "kind", "no known kind", allowed, fix_name(kind, _OURS))
