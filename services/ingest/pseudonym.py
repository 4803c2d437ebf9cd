"""A NIK never goes further than this module: it leaves as ``k1:`` and 32 hex digits.

Without the key nobody can tell which NIK a pseudonym stands for. To take leave of a key there are two side by side for
a while: events then say both pseudonyms, and the projection makes one person of them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.ingest.settings import IngestSettings
from shared import secrets
from shared.errors import InvalidError

PRESENT_FILE, FORMER_FILE = "pseudonym.key", "former-pseudonym.key"
_TEXT = re.compile(r"(?:k([1-9][0-9]{0,2}):)?([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class PseudonymKey:
    """A secret key and its number, which stands in front of every pseudonym made with it."""

    number: int
    secret: bytes

    def of(self, nik: str) -> str:
        """``k<number>:`` and the first 16 bytes (hex) of HMAC-SHA256(key, nik)."""
        digest = hmac.new(self.secret, nik.encode(), hashlib.sha256).digest()
        return f"k{self.number}:{digest[:16].hex()}"

    @property
    def text(self) -> str:
        """As it is kept; the first key bare, as it was when there was but one."""
        return self.secret.hex() if self.number == 1 else f"k{self.number}:{self.secret.hex()}"


@dataclass(frozen=True)
class Pseudonyms:
    """The present key, and the one before it while citizens are led over."""

    present: PseudonymKey
    former: PseudonymKey | None = None

    def person(self, nik: str) -> Mapping[str, str]:
        """What an event says instead of a NIK: ``citizen``, and ``formerly`` if there is a former key."""
        said = {"citizen": self.present.of(nik)}
        return said if self.former is None else said | {"formerly": self.former.of(nik)}


def key_of(text: str, where: str) -> PseudonymKey:
    """A key from its text: 64 hex digits, after ``k2:`` and so on if it is not the first.

    Raises:
        InvalidError: it is something else.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise InvalidError(
            f"reading the pseudonym key failed: {where} must be 64 hex digits, after k2: or the like if it is not the "
            "first. Do not replace a lost key: citizens already counted would be counted again"
        )
    return PseudonymKey(int(found[1] or 1), bytes.fromhex(found[2]))


def pseudonyms(settings: IngestSettings) -> Pseudonyms:
    """With the configured keys, or those in the data folder, where the first is made at first start.

    Raises:
        InvalidError: a key cannot be read, or the former one is not older than the present.
    """
    present_file, former_file = settings.data / PRESENT_FILE, settings.data / FORMER_FILE
    if settings.pseudonym_key is not None:
        present = key_of(settings.pseudonym_key.get_secret_value(), "LAJU_PSEUDONYM_KEY")
    else:
        text = secrets.kept_in(present_file, lambda: PseudonymKey(1, secrets.random_key()).text)
        present = key_of(text, str(present_file))
    if settings.former_pseudonym_key is not None:
        former = key_of(settings.former_pseudonym_key.get_secret_value(), "LAJU_FORMER_PSEUDONYM_KEY")
    elif settings.pseudonym_key is None and former_file.exists():
        former = key_of(former_file.read_text(), str(former_file))
    else:
        return Pseudonyms(present)
    if former == present:  # a rotation was interrupted before the new key was there
        return Pseudonyms(present)
    if former.number >= present.number:
        raise InvalidError(
            f"the former pseudonym key is k{former.number} and the present one k{present.number}: the present one must "
            "have the higher number"
        )
    return Pseudonyms(present, former)
