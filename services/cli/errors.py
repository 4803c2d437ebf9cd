"""What the command line tells a person instead of a traceback."""

from __future__ import annotations

from pydantic import ValidationError


class CliError(Exception):
    """An expected failure. The message says what is wrong, where, and what to do; the exit code is 1."""


class NotLetInError(CliError):
    """A server does not know the key or password that it was shown."""


class NotAllowedError(CliError):
    """A server knows us, and does not let us do this: it takes another account."""


def refused_setting(error: ValidationError) -> str:
    """Which setting cannot be used, and why; what it was set to is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    return ": ".join((*(f"LAJU_{str(part).upper()}" for part in first["loc"][:1]), first["msg"]))
