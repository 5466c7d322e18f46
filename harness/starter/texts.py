"""The files of a new system as text: each line that a user may change has a comment."""

from __future__ import annotations

import json
import pprint
import re
from collections.abc import Iterator
from typing import Final

from harness.starter.answers import Answers
from harness.starter.operations import Operation
from harness.starter.sample_values import KEY

RATE_PER_S: Final = 40
FAULT_S: Final = 4
PROXY_PORT: Final = 19000


_ROLLBACKS: Final = """\
rollbacks:
  - type: action
    name: undo-the-remaining-faults
    provider: {type: python, module: harness.chaos.actions, func: undo_all}
"""


def system_text(answers: Answers) -> str:
    """What there is."""
    return f"""\
# What Squall tests: the services, the edges between them, and the tables that they keep.
# How it runs is in deploy/{answers.target}.yaml.
name: {answers.name}
entry: {answers.entry}      # the edge that receives the load
services:
  - name: {answers.name}
    health: {answers.health}      # answers 200 while the process works
    ready: {answers.health}       # answers 200 while the service takes requests
edges:
  - name: {answers.entry}   # caller>service; faults of an edge need one line for each edge
"""


def deployment_text(answers: Answers) -> str:
    """How it runs."""
    lines = [
        f"# How {answers.name} runs on the target {answers.target}.",
        f"target: {answers.target}",
        "services:",
        f"  - name: {answers.name}",
    ]
    if answers.command:
        lines += [
            "    # {port}: a free port; {data}: an empty folder; {instance}: the instance's name.",
            "    # The command starts in the folder of the system file.",
            f"    command: [{', '.join(json.dumps(word) for word in answers.command)}]",
            '    env: {PORT: "{port}"}',
            "    start_timeout_s: 30",
        ]
    else:
        lines.append(f"    urls: [{json.dumps(answers.url)}]   # every instance that runs")
    lines += ["edges:", *_edge(answers)]
    return "\n".join(lines) + "\n"


def _edge(answers: Answers) -> Iterator[str]:
    """An entry through our proxy, unless the requests are encrypted."""
    if not answers.can_be_proxied:
        yield "  # https: no proxy can be in between, so Squall cannot fault this edge."
        yield f"  - {{name: {answers.entry}, via: direct}}"
        return
    port = "" if answers.command else f", port: {PROXY_PORT}"
    yield "  # tcp: through the TCP proxy of Squall, which can delay, cut or reset connections."
    yield f"  - {{name: {answers.entry}, via: tcp{port}}}"


def scenario_text(answers: Answers, left_out: tuple[str, ...] = ()) -> str:
    """The load: one task for each operation."""
    tasks = "\n\n".join(_task(operation) for operation in _named(answers.operations))
    note = "".join(f"\n# Not sent, add it by hand: {name}" for name in left_out)
    return f'''\
"""The load on {answers.name}, a Locust file. CURVE is the rate at which tasks start."""

from harness.load.locust.open_loop import OpenLoop
from harness.load.traffic import Steady
from locust import FastHttpUser, task

# Others: Rise(from_per_s=, to_per_s=, rise_s=), Spike(base_per_s=, peak_per_s=, rise_at_s=, ...).
CURVE = Steady(per_s={RATE_PER_S})
{note}

class User(OpenLoop, FastHttpUser):
    curve = CURVE
    connection_timeout = 2.0
    network_timeout = 2.0

{tasks}
'''


def experiment_text(answers: Answers) -> str:
    """One fault, with the objectives that every system can be asked for."""
    local = bool(answers.command)
    radius = (
        f"services: [{answers.name}], max_instances: 1" if local else f'edges: ["{answers.entry}"]'
    )
    func = "inject_pause" if local else "inject_partition"
    arguments = f"service: {answers.name}" if local else f'edge: "{answers.entry}"'
    what = "The process is stopped" if local else "No byte passes between the load and the system"
    return f"""\
# A Chaos Toolkit file. `squall validate experiment.yaml --system system.yaml` checks it.
title: {answers.name} recovers from {FAULT_S} seconds of silence
description: {what} for {FAULT_S} s.
extensions:
  - name: squall
    question: Does {answers.name} recover within 10 s when it was silent for {FAULT_S} s?
    scenario: scenario.py
    phases: {{warm_up_s: 2, baseline_s: 12, fault_s: {FAULT_S}, recovery_s: 16, drain_s: 5}}
    max_duration_s: 60
    blast_radius: {{{radius}}}          # the experiment may fault nothing else
    good: {{latency_ms: 1000, target: 0.99}}   # a request is good if it succeeds within this time
    hold_s: 5
    objectives:                             # docs/reference.md lists every metric
      - {{name: stable recovery, metric: stable_recovery_s, must: "<=", limit: 10}}
      - {{name: lost seconds, metric: lost_s, must: "<=", limit: 10}}
      - {{name: without a final outcome, metric: unresolved_ratio_run, must: "<=", limit: 0.01}}
steady-state-hypothesis:
  title: Every instance is ready
  probes:
    - type: probe
      name: every-instance-is-ready
      tolerance: true
      provider: {{type: python, module: harness.chaos.probes, func: all_ready}}
method:
  - type: action
    name: inject-the-fault
    provider:
      type: python
      module: harness.chaos.actions
      func: {func}
      arguments: {{{arguments}}}
    pauses: {{after: {FAULT_S}}}
  - type: action
    name: undo-the-fault
    provider: {{type: python, module: harness.chaos.actions, func: undo_all}}
{_ROLLBACKS}"""


def _named(operations: tuple[Operation, ...]) -> Iterator[tuple[str, Operation]]:
    seen = set[str]()
    for operation in operations:
        words = re.sub(r"[^a-z0-9]+", "_", operation.name.replace(KEY, "").lower()).strip("_")
        name, number = words, 2
        while name in seen:
            name, number = f"{words}_{number}", number + 1
        seen.add(name)
        yield name, operation


def _task(named: tuple[str, Operation]) -> str:
    name, operation = named
    arguments = [_code(operation.path)]
    if operation.headers:
        arguments.append(f"headers={_code(dict(operation.headers))}")
    if operation.body is not None:
        arguments.append(f"json={_code(operation.body)}")
    arguments.append(f"name={operation.name.replace(KEY, 'KEY')!r}")
    sent = f"self.client.{operation.method}({', '.join(arguments)})"
    head = f"    @task\n    def {name}(self):\n"
    key = "        key = self.intent.key  # the same for every attempt of this intent\n"
    return f"{head}{key if operation.sends_key else ''}        {sent}"


def _code(value: object) -> str:
    """The value as Python; the key of the intent is the variable `key`."""
    if isinstance(value, str) and KEY in value and value != KEY:
        return "f" + repr(value.replace("{", "{{").replace("}", "}}").replace(KEY, "{key}"))
    return pprint.pformat(value, width=10_000, sort_dicts=False).replace(repr(KEY), "key")
