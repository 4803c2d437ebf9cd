"""The districts with a server of their own: a TOML file with the public key of each.

::

    [districts."51.71"]
    nkey = "UB…"
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from pathlib import Path

import nkeys  # type: ignore[import-untyped]  # it publishes no types

from services.cli.districts.link import Link
from services.cli.errors import CliError
from shared import wilayah
from shared.errors import InvalidError
from shared.toml_file import read_toml

_RAW_BYTES = 35  # one that says whose key it is, 32 of the key, two that check them
_SEED_BYTES = 32
_LEVELS = (wilayah.Level.PROVINCE, wilayah.Level.KABKOTA)


@dataclass(frozen=True, slots=True)
class District:
    """A district and the public key that its server shows."""

    link: Link
    nkey: str


def new_key() -> tuple[str, str]:
    """A new user key: the seed, which never leaves the district's server, and the public key."""
    seed = nkeys.encode_seed(secrets.token_bytes(_SEED_BYTES), nkeys.PREFIX_BYTE_USER)
    return seed.decode(), nkeys.from_seed(seed).public_key.decode()


def checked_code(code: str) -> Link:
    """The link of a region that can have a server: a kab/kota or a province.

    Raises:
        CliError: there is no such region, or it is of another level.
    """
    try:
        region = wilayah.find(code)
    except wilayah.UnknownRegionError as error:
        raise CliError(error.reason) from error
    if region.level not in _LEVELS:
        raise CliError(
            f"{code} ({region.name}) is a {region.level}. Only a kab/kota or a province has a server of its own: "
            "give a code such as 51.71 or 51"
        )
    return Link(code)


def read(path: Path) -> tuple[District, ...]:
    """All districts of the file, by code.

    Raises:
        CliError: it is missing, is not TOML, or an entry is not as it must be; the message names the entry.
    """
    try:
        content = read_toml(
            path,
            'Give a TOML file with [districts."51.71"] and nkey for each district; `laju district new` prints these '
            "lines",
        ).content
    except InvalidError as error:
        raise CliError(error.reason) from error
    unknown = sorted(set(content) - {"districts"})
    entries = content.get("districts", {})
    if unknown or not isinstance(entries, dict):
        what = unknown[0] if unknown else "districts"
        raise CliError(f'{path}: {what} is not understood: there must be [districts."CODE"] only. Correct it')
    districts = tuple(_district(path, code, entries[code]) for code in sorted(entries))
    _all_different(path, districts)
    return districts


def _district(path: Path, code: str, entry: object) -> District:
    where = f'{path}, [districts."{code}"]'
    try:
        link = checked_code(code)
    except CliError as error:
        raise CliError(f"{where}: {error}") from error
    if not isinstance(entry, dict) or set(entry) != {"nkey"}:
        raise CliError(f'{where}: it must have nkey = "U…" and nothing else. Correct it')
    return District(link, _checked_key(where, entry["nkey"]))


def _checked_key(where: str, key: object) -> str:
    text = key if isinstance(key, str) else ""
    if text.startswith("S"):
        raise CliError(
            f"{where}: nkey is a seed. It is a secret and belongs on the district's server only: make a new one with "
            "`laju district new` and put its public key, which begins with U, here"
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
            "line that `laju district new` printed"
        )
    return text


def _all_different(path: Path, districts: tuple[District, ...]) -> None:
    owners: dict[str, str] = {}
    for district in districts:
        other = owners.setdefault(district.nkey, district.link.code)
        if other != district.link.code:
            raise CliError(
                f"{path}: {other} and {district.link.code} have the same nkey, so the hub could not tell them apart. "
                "Make one for each with `laju district new`"
            )
