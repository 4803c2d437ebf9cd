"""Secrets that a process makes for itself at first start: files only their owner can read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from shared.errors import InvalidError

_KEY_BYTES = 32


def random_key() -> bytes:
    """A new secret of 32 bytes."""
    return secrets.token_bytes(_KEY_BYTES)


def kept_in(path: Path, make: Callable[[], str]) -> str:
    """The secret in ``path``; made and stored there with mode 0600 if there is none yet. One that is there is only
    read: it may have been put into a folder that cannot be written to.

    Two processes starting at once agree: the file is created exclusively, the slower one reads it.

    Raises:
        InvalidError: there is none, and none can be stored there.
    """
    with suppress(FileNotFoundError):
        return path.read_text().strip()
    try:
        return _stored(path, make())
    except OSError as error:
        raise InvalidError(
            f"storing a new key in {path} failed: {error.strerror}. Put the key there, or let the folder be written to"
        ) from error


def _stored(path: Path, secret: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret + "\n")
        os.link(draft, path)  # fails if it exists, and never shows a half-written file
    except FileExistsError:
        return path.read_text().strip()
    finally:
        draft.unlink()
    return secret
