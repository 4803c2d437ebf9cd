"""Keys of NATS users: the public half is in the server's configuration, the seed proves who somebody is."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable
from pathlib import Path

import nkeys

from services.cli.errors import CliError

_RAW_BYTES = 35  # one that says whose key it is, 32 of the key, two that check them
_SEED_BYTES = 32


def new_key() -> tuple[str, str]:
    """A new user key: the seed, which only its owner has, and the public key."""
    seed = nkeys.encode_seed(secrets.token_bytes(_SEED_BYTES), nkeys.PREFIX_BYTE_USER)
    return seed.decode(), nkeys.from_seed(seed).public_key.decode()


def checked_key(where: str, key: object, made_by: str) -> str:
    """The public key of a user that stands ``where`` in a file; the command ``made_by`` makes such a key.

    Raises:
        CliError: it is none; a seed is not repeated.
    """
    text = key if isinstance(key, str) else ""
    if text.startswith("S"):
        raise CliError(
            f"{where}: nkey is a seed. It is a secret and belongs to its owner only: make a new one with "
            f"`{made_by}` and put its public key, which begins with U, here"
        )
    try:
        raw = base64.b32decode(text)
    except binascii.Error:
        raw = b""
    # The last two bytes are a check sum over the others: they are right in a key that was copied whole.
    whole = len(raw) == _RAW_BYTES and nkeys.crc16(raw[:-2]) == int.from_bytes(raw[-2:], "little")
    if not whole or raw[0] != nkeys.PREFIX_BYTE_USER:
        raise CliError(
            f"{where}: nkey is not the public key of a user: 56 capitals and digits, the first of them U. Copy the "
            f"line that `{made_by}` printed"
        )
    return text


def check_all_different(path: Path, owners: Iterable[tuple[str, str]]) -> None:
    """Return if no two owners, given with their public keys, have the same.

    Raises:
        CliError: names two that have.
    """
    found: dict[str, str] = {}
    for owner, key in owners:
        other = found.setdefault(key, owner)
        if other != owner:
            raise CliError(
                f"{path}: {other} and {owner} have the same nkey, so the server could not tell them apart. Make one "
                "for each"
            )
