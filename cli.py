"""Composition root: parse, build, call, print; no logic."""

from __future__ import annotations
