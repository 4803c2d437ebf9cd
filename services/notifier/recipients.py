"""Who is told what about which regions: a TOML file, checked at start and read again when it changes.

::

    [[recipient]]
    region = "51.71"
    role = "head"
    title = "Kepala Disdukcapil Kota Denpasar"
    email = "kepala@dukcapil.denpasarkota.go.id"
    cc = ["sekretaris@dukcapil.denpasarkota.go.id"]
    language = "id"

A head answers for a kab/kota, a province for all in it, directorate and operations for the nation (``ID``).
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from services.notifier.metrics import Metrics
from shared.errors import InvalidError
from shared.events.base import Frozen, RegionCode, Text
from shared.wilayah import Level, level_of, within

log = logging.getLogger(__name__)
Stamp = tuple[int, int, int]
Role = Literal["head", "province", "directorate", "operations"]
Language = Literal["id", "en"]
_ENTRY = re.compile(r"\s*\[\[\s*recipient\s*\]\]")


_Email = Annotated[str, Field(max_length=254, pattern=r"^[!-;=?A-~]+@[A-Za-z0-9.-]+$")]
_LEVELS: dict[Role, Level] = {
    "head": Level.KABKOTA,
    "province": Level.PROVINCE,
    "directorate": Level.NATION,
    "operations": Level.NATION,
}


class Recipient(Frozen):
    """One person to tell about one region. ``title`` follows ``Yth.`` in the letter; ``cc`` get the same mail."""

    region: RegionCode
    role: Role
    title: Text
    email: _Email
    # From TOML, which has arrays and no tuples.
    cc: Annotated[tuple[_Email, ...], Field(max_length=10, strict=False)] = ()
    language: Language = "id"

    @model_validator(mode="after")
    def _answers_for_its_level(self) -> Recipient:
        if level_of(self.region) is not _LEVELS[self.role]:
            raise ValueError(f"a {self.role} answers for a {_LEVELS[self.role]}, which {self.region} is not")
        return self


class RecipientsError(InvalidError):
    """The recipients file cannot be used; the reason names the file, the entry and what to do, but no address."""


def read(path: Path) -> tuple[Recipient, ...]:
    """All entries of the file, in its order.

    Raises:
        RecipientsError: it is missing, is not TOML, or an entry is not as it must be.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
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
    places = _Places(path, text, len(entries))
    found = tuple(_entry(places, number, entry) for number, entry in enumerate(entries))
    _refuse_doubles(places, found)
    return found


class _Places:
    """Where an entry stands in the file: TOML's reader does not say."""

    def __init__(self, path: Path, text: str, entries: int) -> None:
        self._path = path
        self._lines = text.splitlines()
        starts = [number for number, line in enumerate(self._lines) if _ENTRY.match(line)]
        # Something in the form of an entry's beginning may stand within a text: then no line is named.
        self._starts = starts if len(starts) == entries else []

    def of(self, number: int, field: str = "") -> str:
        """Such as ``recipients.toml, line 7, recipient 2``; ``number`` counts from 0."""
        where = [str(self._path), f"recipient {number + 1}"]
        if self._starts:
            start = self._starts[number]
            end = next((later for later in self._starts if later > start), len(self._lines))
            named = (at for at in range(start, end) if re.match(rf"\s*{re.escape(field)}\s*=", self._lines[at]))
            where.insert(1, f"line {(next(named, start) if field else start) + 1}")
        return ", ".join(where)


def _entry(places: _Places, number: int, entry: object) -> Recipient:
    try:
        return Recipient.model_validate(entry)
    except ValidationError as error:
        # Without the input: it may be an address, and this text goes to the log.
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        name = field.partition(".")[0]
        message = first["msg"].removeprefix("Value error, ")
        if name in ("email", "cc") and first["type"] == "string_pattern_mismatch":
            message = "is not an e-mail address"
        raise RecipientsError(
            f"{places.of(number, name)}: {field + ': ' if field else ''}{message}. An entry needs region, "
            "role (head, province, directorate or operations), title and email, and may have cc and language (id or "
            "en): correct it"
        ) from error


def _refuse_doubles(places: _Places, found: Sequence[Recipient]) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for number, entry in enumerate(found):
        first = seen.setdefault((entry.region, entry.role, entry.email.lower()), number)
        if first != number:
            raise RecipientsError(f"{places.of(number)}: repeats recipient {first + 1}: remove one of them")


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
        return tuple(entry for entry in self.all("head") if entry.region == region)

    def over(self, region: str, role: Role) -> tuple[Recipient, ...]:
        """Those with a role who answer for what the region lies in, in the order of the file."""
        return tuple(entry for entry in self.all(role) if within(region, entry.region))

    def all(self, role: Role) -> tuple[Recipient, ...]:
        """Everyone with a role, in the order of the file."""
        self._refresh()
        return tuple(entry for entry in self._entries if entry.role == role)

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
