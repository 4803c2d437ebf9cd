"""The districts with a server of their own: the public key of each, in the TOML file of all accounts.

::

    [districts."51.71"]
    nkey = "UB…"
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.cli.bus.nkey import check_all_different, checked_key
from services.cli.districts.link import Link
from services.cli.errors import CliError
from shared import wilayah
from shared.errors import InvalidError
from shared.toml_file import read_toml

_LEVELS = (wilayah.Level.PROVINCE, wilayah.Level.KABKOTA)


@dataclass(frozen=True, slots=True)
class District:
    """A district and the public key that its server shows."""

    link: Link
    nkey: str


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
    unknown = sorted(set(content) - {"accounts", "districts"})
    entries = content.get("districts", {})
    if unknown or not isinstance(entries, dict):
        what = unknown[0] if unknown else "districts"
        raise CliError(
            f'{path}: {what} is not understood: there must be [accounts] and [districts."CODE"] only. Correct it'
        )
    districts = tuple(_district(path, code, entries[code]) for code in sorted(entries))
    check_all_different(path, ((district.link.code, district.nkey) for district in districts))
    return districts


def _district(path: Path, code: str, entry: object) -> District:
    where = f'{path}, [districts."{code}"]'
    try:
        link = checked_code(code)
    except CliError as error:
        raise CliError(f"{where}: {error}") from error
    if not isinstance(entry, dict) or set(entry) != {"nkey"}:
        raise CliError(f'{where}: it must have nkey = "U…" and nothing else. Correct it')
    return District(link, checked_key(where, entry["nkey"], "laju district new"))
