"""Whom the notifier tells: a file that can be used, in which every region with a target has somebody."""

from __future__ import annotations

from services.cli.doctor.finding import Finding, fault, good, unknown, warning
from services.notifier.recipients_file import RecipientsError, read
from services.notifier.settings import NotifierSettings

ABOUT = "recipients"
_NAMED = 3


def examine(settings: NotifierSettings, aimed: frozenset[str] | None) -> list[Finding]:
    """The recipients file; ``aimed`` are the kab/kota that have a target, ``None`` if nobody knows them."""
    try:
        people = read(settings.recipients_file, settings.hours).recipients
    except RecipientsError as error:
        return [fault(ABOUT, error.reason, f"edit {settings.recipients_file}: the notifier reads it again by itself")]
    heads = {person.region for person in people if person.role == "head"}
    roles = {person.role for person in people}
    mend = f"add [[recipient]] entries to {settings.recipients_file}"
    found: list[Finding] = []
    if nobody := sorted((aimed or frozenset()) - heads):
        named = ", ".join(nobody[:_NAMED]) + (", …" if len(nobody) > _NAMED else "")
        found.append(warning(ABOUT, f"{len(nobody)} kab/kota with a target have no head to tell: {named}", mend))
    if "operations" not in roles:
        what = "nobody has the role operations, who is told when the notifier itself cannot work"
        found.append(warning(ABOUT, what, mend))
    if not found and aimed is None:
        found.append(unknown(ABOUT, f"{len(people)} recipients; which regions have targets could not be read", mend))
    return found or [good(ABOUT, f"{len(people)} recipients, a head for each kab/kota with a target")]
