"""Another pseudonym key in place of the present one, and the end of the former: files in ingest's data folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from services.cli.appearing import appearing
from services.cli.errors import CliError
from services.ingest.pseudonym import FORMER_FILE, PRESENT_FILE, PseudonymKey, key_of
from services.ingest.settings import IngestSettings
from shared.database import Database
from shared.errors import InvalidError
from shared.secrets import random_key


@dataclass(frozen=True, slots=True)
class Counted:
    """Pseudonyms made with one key: those that have facts of their own, and those that lead to a newer one."""

    key: int
    leading: int
    led_over: int


def present_key(settings: IngestSettings) -> PseudonymKey:
    """The present key; unlike at ingest's start none is made.

    Raises:
        CliError: there is none, or it cannot be read.
    """
    if settings.pseudonym_key is not None:
        return _key(settings.pseudonym_key.get_secret_value(), "LAJU_PSEUDONYM_KEY")
    file = settings.data / PRESENT_FILE
    if not file.exists():
        raise CliError(
            f"there is no key {file}. Is {settings.data} the data folder of ingest? Give it with --data; ingest makes "
            "the first key when it starts."
        )
    return _key(file.read_text(), str(file))


def rotate(settings: IngestSettings) -> tuple[PseudonymKey, PseudonymKey]:
    """Make a new present key and keep the one before as the former; returns both. Interrupted, it can be called again.

    Raises:
        CliError: the keys are no files, there is none yet, or a rotation is under way.
    """
    former_file = _former_file(settings)
    present = present_key(settings)
    if former_file.exists() and (former := former_key(settings)) != present:
        raise CliError(
            f"k{former.number} is being replaced by k{present.number} already. End that with `laju pseudonyms destroy` "
            "before you begin another rotation."
        )
    successor = PseudonymKey(present.number + 1, random_key())
    # In this order: no key is ever in no file.
    for file, key in ((former_file, present), (settings.data / PRESENT_FILE, successor)):
        with appearing(file) as out:
            out.write(f"{key.text}\n".encode())
    return present, successor


def former_key(settings: IngestSettings) -> PseudonymKey:
    """The former key.

    Raises:
        CliError: there is none, or the keys are no files.
    """
    former_file = _former_file(settings)
    if not former_file.exists():
        raise CliError(f"there is no former key {former_file}: nothing is to be destroyed. Is it another --data?")
    return _key(former_file.read_text(), str(former_file))


def destroy_former(settings: IngestSettings) -> None:
    """Overwrite the file of the former key and delete it."""
    former_file = _former_file(settings)
    with former_file.open("r+b") as file:
        file.write(os.urandom(former_file.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    former_file.unlink()


async def counted(database: Database, newest: int) -> list[Counted]:
    """The pseudonyms in a projection's database by key, up to the newest; keys without any are left out."""
    found = []
    for key in range(1, newest + 1):
        made = {"_id": {"$gte": f"k{key}:", "$lt": f"k{key};"}}
        led_over = await database.count("citizens", made | {"to": {"$exists": True}})
        everyone = await database.count("citizens", made)
        if everyone:
            found.append(Counted(key, everyone - led_over, led_over))
    return found


def _former_file(settings: IngestSettings) -> Path:
    if settings.pseudonym_key is not None:
        raise CliError(
            "the pseudonym key comes from LAJU_PSEUDONYM_KEY, not from a file. Where that is kept, put the present "
            "value into LAJU_FORMER_PSEUDONYM_KEY and a new one, k2: and 64 random hex digits, in its place. Take the "
            "former one away when the rotation is over. Restart ingest each time."
        )
    return settings.data / FORMER_FILE


def _key(text: str, where: str) -> PseudonymKey:
    try:
        return key_of(text, where)
    except InvalidError as error:
        raise CliError(error.reason) from error
