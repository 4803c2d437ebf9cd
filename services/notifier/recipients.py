"""The heads of regions and their addresses: a TOML file, checked at start and read again when it changes.

::

    [[recipient]]
    region = "51.71"
    role = "head"
    title = "Kepala Disdukcapil Kota Denpasar"
    email = "kepala@dukcapil.denpasarkota.go.id"
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from services.notifier.metrics import Metrics
from shared.errors import InvalidError
from shared.events.base import Frozen, RegionCode, Text

log = logging.getLogger(__name__)
Stamp = tuple[int, int, int]


class Recipient(Frozen):
    """One person to tell about one region. ``title`` follows ``Yth.`` in the letter."""

    region: RegionCode
    role: Literal["head"]
    title: Text
    email: Annotated[str, Field(max_length=254, pattern=r"^[!-;=?A-~]+@[A-Za-z0-9.-]+$")]


class RecipientsError(InvalidError):
    """The recipients file cannot be used; the reason names the file, the entry and what to do, but no address."""


def read(path: Path) -> tuple[Recipient, ...]:
    """All entries of the file, in its order.

    Raises:
        RecipientsError: it is missing, is not TOML, or an entry is not as it must be.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipientsError(
            f"reading {path} failed: {type(error).__name__}. Create it with one [[recipient]] per head "
            "(region, role, title, email), or set LAJU_RECIPIENTS to where it is"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise RecipientsError(f"reading {path} failed: it is not TOML: {error}. Correct that line") from error
    unknown = sorted(set(content) - {"recipient"})
    entries = content.get("recipient", [])
    if unknown or not isinstance(entries, list):
        raise RecipientsError(
            f"{path} may only hold [[recipient]] entries: remove {', '.join(unknown) or '[recipient]'}"
        )
    found = tuple(_entry(path, number, entry) for number, entry in enumerate(entries, start=1))
    _refuse_doubles(path, found)
    return found


def _entry(path: Path, number: int, entry: object) -> Recipient:
    try:
        return Recipient.model_validate(entry)
    except ValidationError as error:
        # Without the input: it may be an address, and this text goes to the log.
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "entry"
        message = "is not an e-mail address" if field == "email" and first["type"] != "missing" else first["msg"]
        raise RecipientsError(
            f"{path}, recipient {number}: {field}: {message}. "
            "An entry needs region, role (head), title and email: correct it"
        ) from error


def _refuse_doubles(path: Path, found: Sequence[Recipient]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(found, start=1):
        first = seen.setdefault((entry.region, entry.email.lower()), number)
        if first != number:
            raise RecipientsError(f"{path}, recipient {number}: repeats recipient {first}: remove one of them")


class Recipients:
    """The file as it is now. When a change to it cannot be read, the last good copy stays in use and says so."""

    def __init__(self, path: Path, metrics: Metrics) -> None:
        """Read the file.

        Raises:
            RecipientsError: it cannot be used.
        """
        self._path = path
        self._metrics = metrics
        self._stamp = _stamp(path)
        self._entries: tuple[Recipient, ...] = ()
        self._use(read(path))

    def heads(self, region: str) -> tuple[Recipient, ...]:
        """The heads of exactly this region, in the order of the file; empty if it names none."""
        self._refresh()
        return tuple(entry for entry in self._entries if entry.region == region and entry.role == "head")

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._use(read(self._path))
        except RecipientsError as error:
            self._metrics.recipients_valid.set(0)
            log.error("%s; the entries read before stay in use until then", error.reason)  # noqa: TRY400 - no bug of ours
        else:
            log.info("read %s again: %d recipients", self._path, len(self._entries))

    def _use(self, entries: tuple[Recipient, ...]) -> None:
        self._entries = entries
        self._metrics.recipients.set(len(entries))
        self._metrics.recipients_valid.set(1)


def _stamp(path: Path) -> Stamp | None:
    """What changes when the file is edited or replaced; ``None`` while it is missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
