"""What can be known of an experiment only on this machine: environment, programs, modules."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from harness.chaos.functions import Call, WrongCall
from harness.chaos.preflight import ask
from harness.files.document import Document, Node, plain
from harness.files.problems import MISSING, Problem, Verbatim, fix_name, listed
from harness.files.record_check import problem_at
from harness.files.toolkit_file import activities
from harness.files.variables import UNKNOWN, Variables, read_variables
from harness.validation.method import MethodStep, steps, tolerance_probes

_SUBSTITUTED: Final = ("arguments", "url", "headers", "timeout")


def machine_problems(document: Document, environ: Mapping[str, str] = os.environ) -> list[Problem]:
    """All that would go wrong here and now. The document's own shape was found right before."""
    root = document.root
    variables = read_variables(root, environ)
    found = [*variables.problems, *_missing_variables(root, variables, environ)]
    every = steps(root, variables)
    found += [problem for step in every for problem in _provider(step, variables)]
    found += [p for at, node in tolerance_probes(root) for p in _tolerance_probe(at, node)]
    return found + _toolkit(root, every, variables)


def _missing_variables(
    root: Node, variables: Variables, environ: Mapping[str, str]
) -> Iterator[Problem]:
    """`${name}` without a definition: Chaos Toolkit would pass on the text itself."""
    for at, activity in activities(root):
        provider = activity.child("provider")
        shell = provider is not None and provider.text("type") == "process"
        places = [(f"{at}.{key}", activity.child(key)) for key in ("pauses", "tolerance")]
        if provider is not None:
            places += [(f"{at}.provider.{key}", provider.child(key)) for key in _SUBSTITUTED]
        for place, node in places:
            for text_at, text in _texts(place, node):
                for name in variables.names_missing(text.value):
                    if not (shell and name in environ):
                        yield _undefined(text_at, text, name, variables)


def _texts(at: str, node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is None:
        return
    if isinstance(node.value, str):
        yield at, node
    for key, child in node.items():
        yield from _texts(f"{at}.{key}", child)
    for index, child in enumerate(node.elements()):
        yield from _texts(f"{at}[{index}]", child)


def _undefined(at: str, node: Node, name: str, variables: Variables) -> Problem:
    known = sorted(variables.values)
    return Problem(
        line=node.line,
        key=at,
        value=node.value,
        wrong=f"no variable `{name}` in configuration or secrets",
        allowed=listed(f"${{{known_name}}}" for known_name in known),
        fix=fix_name(name, known) if known else f"define `{name}` under `configuration`",
    )


def _provider(step: MethodStep, variables: Variables) -> Iterator[Problem]:
    """What a program's path and a URL show before they are used."""
    provider, at = step.provider, f"{step.at}.provider"
    path, url = provider.child("path"), provider.child("url")
    is_program = provider.text("type") == "process" and path is not None
    if is_program and path is not None and not shutil.which(Path(str(path.value)).expanduser()):
        wrong = "no such program on this machine, or not executable"
        fix = "install it, or write the whole path of a program"
        yield problem_at(path, f"{at}.path", wrong, "a program in PATH or a path", fix)
    if provider.text("type") == "http" and url is not None:
        value = variables.resolve(url.value)
        if value is not UNKNOWN and not _is_url(str(value)):
            fix = "write for example http://127.0.0.1:18080/health"
            allowed = "http:// or https:// with host, port 1 to 65535"
            yield problem_at(url, f"{at}.url", "not the address of a request", allowed, fix)
    pauses = step.node.child("pauses")
    for key, node in pauses.items() if pauses else ():
        value = variables.resolve(node.value)
        if value is not UNKNOWN and isinstance(node.value, str) and not _is_pause(value):
            wrong = f"the variable is {str(value)[:40]!r}, not a pause"
            fix = "write a number, or `env_var_type: float` at the variable"
            yield problem_at(node, f"{step.at}.pauses.{key}", wrong, "0 to 3600 s", fix)


def _is_pause(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600  # noqa: PLR2004  # an hour, as the schema has it


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _tolerance_probe(at: str, node: Node) -> Iterator[Problem]:
    func = node.child("provider") or node
    name = func.text("func")
    if name.startswith("inject_") or name == "undo_all":
        place = func.child("func") or func
        allowed = "inject_... only in an action of `method`"
        fix = "move the activity to `method`"
        yield problem_at(place, f"{at}.provider.func", f"{name} in this place", allowed, fix)


def _toolkit(root: Node, every: tuple[MethodStep, ...], variables: Variables) -> list[Problem]:
    calls = [_call(step) for step in every if step.provider.text("type") == "python"]
    for at, node in tolerance_probes(root):
        provider = node.child("provider")
        if provider is not None and provider.text("type") == "python":
            arguments = provider.child("arguments")
            given = plain(arguments) if arguments and isinstance(arguments.value, dict) else {}
            value = {"value": None} if ".tolerance" in at else {}
            calls.append(
                Call(
                    at=at,
                    module=provider.text("module"),
                    func=provider.text("func"),
                    arguments={**value, **given},
                    unknown=("value", *given),
                )
            )
    if variables.problems:
        return _wrong_calls(root, every, ask(calls, {}, foreign=False).calls)
    answer = ask(calls, plain(root), foreign=_has_controls(root))
    found = _wrong_calls(root, every, answer.calls)
    if answer.objection and not answer.calls:
        found.append(_objection(every, root, answer.objection))
    return found


def _call(step: MethodStep) -> Call:
    unknown = tuple(name for name, value in step.arguments.items() if _has_unknown(value))
    given = {name: None if name in unknown else v for name, v in step.arguments.items()}
    return Call(at=step.at, module=step.module, func=step.func, arguments=given, unknown=unknown)


def _has_unknown(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def _has_controls(root: Node) -> bool:
    places = [root, root.child("steady-state-hypothesis"), *(node for _, node in activities(root))]
    return any(node is not None and node.child("controls") is not None for node in places)


def _wrong_calls(
    root: Node, every: tuple[MethodStep, ...], calls: tuple[WrongCall, ...]
) -> list[Problem]:
    providers = {step.at: step.provider for step in every}
    providers |= {at: node.child("provider") or node for at, node in tolerance_probes(root)}
    return [_wrong_call(providers[call.at], call) for call in calls]


def _wrong_call(provider: Node, call: WrongCall) -> Problem:
    key, place, value = _place(provider, call)
    return Problem(
        line=place,
        key=f"{call.at}.provider.{key}",
        value=value,
        wrong=call.wrong,
        allowed=call.allowed,
        fix=call.fix,
    )


def _place(provider: Node, call: WrongCall) -> tuple[str, int, object]:
    """The key, the line and the value that a message is about."""
    arguments = provider.child("arguments")
    if call.part in ("module", "func"):
        node = provider.child(call.part) or provider
        return call.part, node.line, node.value
    if call.part == "missing" or arguments is None:
        return f"arguments.{call.name}", (arguments or provider).line, MISSING
    node = arguments.child(call.name) or arguments
    if "has no argument" in call.wrong:
        return "arguments", arguments.line_of_key(call.name), Verbatim(f"`{call.name}`")
    return f"arguments.{call.name}", node.line, plain(node)


def _objection(every: tuple[MethodStep, ...], root: Node, text: str) -> Problem:
    """Chaos Toolkit's own words, at the activity that they name."""
    named = next((step.node for step in every if step.name and f"'{step.name}'" in text), root)
    return Problem(
        line=named.line,
        key="",
        value=Verbatim(named.text("name") or "(experiment)"),
        wrong=f"Chaos Toolkit refuses it: {text}",
        allowed="what `chaos validate` accepts",
        fix="change what the message names",
    )
