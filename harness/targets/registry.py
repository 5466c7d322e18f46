"""The targets by name, one line each; `module:Class` names one that is not ours."""

from __future__ import annotations

import importlib
from typing import Final

from harness.errors import ConfigError
from harness.files.problems import nearest
from harness.safety.private_file import read_private
from harness.safety.state import State
from harness.targets.base import Target
from harness.targets.records import USUAL

TOOLKIT: Final = "toolkit"  # faults of foreign activities: beside every target
TARGETS: Final = {
    "local": "harness.targets.local.target:LocalTarget",
    "attached": "harness.targets.attached.target:AttachedTarget",
    "kubernetes": "harness.targets.kubernetes.target:KubernetesTarget",
    TOOLKIT: "harness.chaos.toolkit_undo:ToolkitUndo",
    "noop": "harness.targets.noop:NoTarget",
}
_WORD_BYTES_MAX: Final = 1000


def target_type(word: str) -> type[Target]:
    """The class of a target, by its name here or as `module:Class`. Raises ConfigError."""
    module, colon, name = TARGETS.get(word, word).partition(":")
    if not colon:
        raise ConfigError(f"no target {word!r}; {nearest(word, list(TARGETS))}")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"target {word!r}: cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Target)):
        needs = "attach, orphaned, undo and undone (harness/targets/base.py)"
        raise ConfigError(f"target {word!r}: is not a target: it needs {needs}")
    return found


def word_of(target: Target) -> str:
    """The word that names the class of a target, as undo records keep it."""
    path = f"{type(target).__module__}:{type(target).__qualname__}"
    return next((word for word, known in TARGETS.items() if known == path), path)


def target_up(state: State) -> str:
    """The word of the target that the state folder was last used with. Raises RefusedError."""
    word = read_private(state.target_word, _WORD_BYTES_MAX)
    return word.decode("utf-8", "replace").strip() if word else USUAL


def note_target(state: State, word: str) -> None:
    """Note it for commands that find the system by the state folder alone. Raises OSError."""
    state.target_word.unlink(missing_ok=True)
    state.target_word.touch(mode=0o600)
    state.target_word.write_text(word, encoding="utf-8")
