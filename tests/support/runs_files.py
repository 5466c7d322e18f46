"""The system file and the experiment file of a built run."""

from __future__ import annotations

from tests.support.reference_rows import BLOCKS

SYSTEM = """
name: toy
entry: payer>payments
services:
  - {name: payments, command: [payments]}
  - {name: bank, command: [bank]}
  - {name: ledger, replicas: 2, command: [ledger]}
edges:
  - {name: payer>payments, via: gateway}
"""
SYSTEM += BLOCKS
EXPERIMENT = """
title: A ledger instance is killed
description: One of two dies and stays away.
extensions:
  - name: squall
    question: Do payments come back?
    scenario: steady
    phases: {warm_up_s: 1, baseline_s: 5, fault_s: 3, recovery_s: 13, drain_s: 2}
    max_duration_s: 60
    blast_radius: {services: [ledger], max_instances: 1}
    evidence: [ledger_entries, ledger_accounts, bank_charges, payments]
    good: {latency_ms: 300, target: 0.99}
    hold_s: 10
    objectives:
      - {name: stable recovery, metric: stable_recovery_s, must: "<=", limit: 2.5}
      - {name: good during the fault, metric: good_ratio_fault, must: ">=", limit: 0.3}
      - {name: unknown answers resolved, metric: resolve_s_p99, must: "<=", limit: 30}
steady-state-hypothesis:
  title: All instances are ready
  probes:
    - type: probe
      name: every-instance-is-ready
      tolerance: true
      provider: {type: python, module: harness.chaos.probes, func: all_ready}
rollbacks:
  - type: action
    name: undo-what-is-left
    provider: {type: python, module: harness.chaos.actions, func: undo_all}
method:
  - type: action
    name: kill
    provider:
      type: python
      module: harness.chaos.actions
      func: inject_kill
      arguments: {service: ledger}
    pauses: {after: 3}
"""
