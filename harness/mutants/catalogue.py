"""The catalogue of the defects: what each is aimed at, what must find it, where it was seen.

A system has a catalogue if it has seeded defects: `defects/catalogue.yaml` beside its system file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from harness.errors import ConfigError
from harness.files.document import Document
from harness.files.problems import Problem, fix_name, raise_problems
from harness.files.record_check import problems_of, record, wrong_value
from harness.files.yaml_file import read_document

PLACE: Final = Path("defects") / "catalogue.yaml"
Name = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,62}\Z", description="small letters, -")]
Word = Annotated[str, Meta(min_length=1, max_length=100)]
Sentence = Annotated[str, Meta(min_length=1, max_length=1000)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class Defect(_Strict, frozen=True, kw_only=True):
    """One seeded defect. `signature`: one of these must be reported by its experiment.

    `part`: what a report must name as the likely cause.
    """

    name: Name
    source: Sentence
    number: Annotated[int, Meta(ge=1, le=1000)] | None = None
    part: Annotated[str, Meta(max_length=100)] = ""
    experiment: Annotated[str, Meta(max_length=100)] = ""
    signature: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    equivalent: Annotated[str, Meta(max_length=1000)] = ""
    guard: Annotated[str, Meta(max_length=200)] = ""
    ci: bool = False


class Catalogue(_Strict, frozen=True, kw_only=True):
    """All defects of a system."""

    defects: Annotated[tuple[Defect, ...], Meta(min_length=1, max_length=200)]

    def defect(self, name: str) -> Defect:
        """The one of that name. Raises ConfigError with the nearest name."""
        for one in self.defects:
            if one.name == name:
                return one
        fix = fix_name(name, [one.name for one in self.defects])
        raise ConfigError(f"no defect {name!r}; {fix}")


def read_catalogue(system: Path) -> Catalogue:
    """The catalogue of the system of that file. Raises ConfigError."""
    path = system.parent / PLACE
    if not path.exists():
        raise ConfigError(f"{path} does not exist: this system has no seeded defects")
    document = read_document(path)
    raise_problems(path, catalogue_problems(document))
    return record(document.root, Catalogue)


def catalogue_problems(document: Document) -> list[Problem]:
    """Every error of the file, by line."""
    root = document.root
    found = [*document.problems, *problems_of(root, Catalogue)]
    return found or _of_each(document)


def _of_each(document: Document) -> list[Problem]:
    """A name twice; a defect that is neither aimed at nor equivalent, or both."""
    items = document.root.child("defects")
    found: list[Problem] = []
    seen = set[str]()
    for index, item in enumerate(items.elements() if items else ()):
        at, name = f"defects[{index}]", item.text("name")
        if name in seen:
            wrong = "this name is here twice"
            found.append(wrong_value(item, f"{at}.name", wrong, "each name once", "remove one"))
        seen.add(name)
        aimed = bool(item.text("experiment")) and item.child("signature") is not None
        if aimed == bool(item.text("equivalent")):
            wrong = "a defect has an experiment and a signature, or is equivalent"
            allowed = "`experiment` and `signature`, or `equivalent` with the reason"
            fix = "add what is missing, or remove one of them"
            found.append(wrong_value(item, f"{at}.name", wrong, allowed, fix))
    return found
