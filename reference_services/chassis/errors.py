"""Errors of the chassis.

ServiceError
├── SettingsError   the environment is wrong: one line, exit code 2, nothing started
└── InvalidError    a request breaks a rule that needs no database: 422, nothing happened
"""

from __future__ import annotations


class ServiceError(Exception):
    """Base of all errors of a service."""


class SettingsError(ServiceError):
    """The environment is wrong; the text is one line for the person who started the service."""


class InvalidError(ServiceError):
    """A request breaks a rule; the text names the field, the value and what is allowed."""
