"""What the command line tells a person instead of a traceback."""

from __future__ import annotations

from pydantic import ValidationError


class CliError(Exception):
    """An expected failure. The message says what is wrong, where, and what to do; the exit code is 1."""


class NotAllowedError(CliError):
    """Whoever runs the command has an account on NATS that may not do it."""


def refused_setting(error: ValidationError) -> str:
    """Which setting cannot be used, and why; what it was set to is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    return ": ".join((*(f"LAJU_{str(part).upper()}" for part in first["loc"][:1]), first["msg"]))
