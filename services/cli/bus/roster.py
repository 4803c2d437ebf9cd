"""Who may come to the bus: the public keys of services and operators, in the TOML file of all accounts.

::

    [accounts]
    ingest = "UB…"
    aggregator = "UC…"
    notifier = "UA…"
    operator = "UD…"
    administrator = "UE…"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.bus.grants import PEOPLE, SERVICES
from services.cli.bus.nkey import check_all_different, checked_key
from services.cli.districts import roster as districts
from services.cli.districts.roster import District
from services.cli.errors import CliError
from shared.toml_file import read_toml

NAMES = (*SERVICES, *PEOPLE)


@dataclass(frozen=True, slots=True)
class Roster:
    """The public key of each of :data:`NAMES`, and the districts with a server of their own."""

    keys: Mapping[str, str]
    districts: tuple[District, ...]


def read(path: Path) -> Roster:
    """Everybody in the file.

    Raises:
        CliError: it is missing, is not TOML, or an entry is not as it must be; the message names the entry.
    """
    found = districts.read(path)
    entries = read_toml(path, "").content.get("accounts")
    if not isinstance(entries, dict) or set(entries) != set(NAMES):
        raise CliError(
            f"{path}: [accounts] must have {', '.join(NAMES)} and nothing else, each with a public key. `laju bus "
            "keys` makes them and prints these lines"
        )
    keys = {name: checked_key(f"{path}, {name}", entries[name], "laju bus keys") for name in NAMES}
    check_all_different(path, (*keys.items(), *((district.link.code, district.nkey) for district in found)))
    return Roster(keys, found)
