"""Checks of what the system under test recorded: each one is a `Checker` (base.py)."""
