"""The recipients file, read and checked: who is told about which regions, and when nobody is. What is wrong is named
with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from services.notifier.quiet import form_of
from services.notifier.recipient import Recipient
from services.notifier.schedule import Hours, Quiet, QuietHours, ever_opens
from shared.errors import InvalidError
from shared.events.base import Frozen
from shared.toml_file import read_toml
from shared.wilayah import within

Entry = TypeVar("Entry", bound=Frozen)
_NEEDED = {
    "recipient": "An entry needs region, role (head, province, directorate or operations), title and email, and may "
    "have cc and language (id or en): correct it",
    "quiet": "An entry needs region, reason, and from and to, both dates such as 2026-06-17 or both times such as "
    "11:30:00, without quotation marks; with times it may have weekday (monday to sunday): correct it",
}
_REMEDY = (
    "Create it with one [[recipient]] per head (region, role, title, email), or set LAJU_RECIPIENTS to where it is"
)


class RecipientsError(InvalidError):
    """The recipients file cannot be used; the reason names the file, the entry and what to do, but no address."""


@dataclass(frozen=True, slots=True)
class RecipientsFile:
    """All entries of the file, each kind in its order."""

    recipients: tuple[Recipient, ...]
    quiet: tuple[Quiet, ...]


def read(path: Path, hours: Hours) -> RecipientsFile:
    """The file as it is. ``hours`` are those of which quiet times must leave something.

    Raises:
        RecipientsError: it is missing, is not TOML, or an entry is not as it must be.
    """
    try:
        file = read_toml(path, _REMEDY)
    except InvalidError as error:
        raise RecipientsError(error.reason) from error
    wrong = sorted(set(file.content) - set(_NEEDED))
    wrong += [f"[{kind}]" for kind in _NEEDED if not isinstance(file.content.get(kind, []), list)]
    if wrong:
        raise RecipientsError(f"{path} may only hold [[recipient]] and [[quiet]] entries: remove {', '.join(wrong)}")
    people, times = (_Entries(path, file.text, kind, file.content.get(kind, [])) for kind in _NEEDED)
    recipients = tuple(people.checked(number, Recipient) for number in range(len(people)))
    quiet = tuple(times.checked(number, form_of(times.raw[number])).quiet() for number in range(len(times)))
    _refuse_doubles(people, recipients)
    _refuse_never(times, quiet, hours)
    return RecipientsFile(recipients, quiet)


class _Entries:
    """The entries of one kind, and where each stands in the file: TOML's reader does not say."""

    def __init__(self, path: Path, text: str, kind: str, raw: object) -> None:
        self.raw: Sequence[object] = raw if isinstance(raw, list) else []
        self._path = path
        self._kind = kind
        self._lines = text.splitlines()
        self._headers = [number for number, line in enumerate(self._lines) if re.match(r"\s*\[", line)]
        header = re.compile(rf"\s*\[\[\s*{kind}\s*\]\]")
        starts = [number for number in self._headers if header.match(self._lines[number])]
        # Something in the form of an entry's beginning may stand within a text: then no line is named.
        self._starts = starts if len(starts) == len(self.raw) else []

    def __len__(self) -> int:
        return len(self.raw)

    def place(self, number: int, field: str = "") -> str:
        """Such as ``recipients.toml, line 7, recipient 2``; ``number`` counts from 0."""
        where = [str(self._path), f"{self._kind} {number + 1}"]
        if self._starts:
            start = self._starts[number]
            end = next((later for later in self._headers if later > start), len(self._lines))
            named = (at for at in range(start, end) if re.match(rf"\s*{re.escape(field)}\s*=", self._lines[at]))
            where.insert(1, f"line {(next(named, start) if field else start) + 1}")
        return ", ".join(where)

    def checked(self, number: int, form: type[Entry]) -> Entry:
        """An entry in the form that it must have.

        Raises:
            RecipientsError: it has another.
        """
        try:
            return form.model_validate(self.raw[number])
        except ValidationError as error:
            # Without the input: it may be an address, and this text goes to the log.
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            name = field.partition(".")[0]
            message = first["msg"].removeprefix("Value error, ")
            if name in ("email", "cc") and first["type"] == "string_pattern_mismatch":
                message = "is not an e-mail address"
            what = f"{field}: {message}" if field else message
            raise RecipientsError(f"{self.place(number, name)}: {what}. {_NEEDED[self._kind]}") from error


def _refuse_doubles(entries: _Entries, found: Sequence[Recipient]) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for number, entry in enumerate(found):
        first = seen.setdefault((entry.region, entry.role, entry.email.lower()), number)
        if first != number:
            raise RecipientsError(f"{entries.place(number)}: repeats recipient {first + 1}: remove one of them")


def _refuse_never(entries: _Entries, found: Sequence[Quiet], hours: Hours) -> None:
    """Refuse hours that leave none of the working hours of any day of the week: nobody would ever be told."""
    hourly = [number for number, one in enumerate(found) if isinstance(one, QuietHours)]
    for region in dict.fromkeys(found[number].region for number in hourly):
        if not ever_opens(replace(hours, quiet=tuple(found)), region):
            last = max(number for number in hourly if within(region, found[number].region))
            raise RecipientsError(
                f"{entries.place(last)}: it leaves nothing of the hours in which mails go out to {region}, on no day "
                "of the week, so nobody there would ever be told. Shorten it, or give dates instead of times"
            )
