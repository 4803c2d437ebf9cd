"""The accounts of the NATS server, as its configuration says them. Text from values, no more."""

from __future__ import annotations

from collections.abc import Iterable

from services.cli.bus.grants import PEOPLE, SERVICES, Grants
from services.cli.bus.roster import Roster
from services.cli.districts import configuration as districts
from services.cli.districts.configuration import listed, quoted

# Eight are in use. A thousand consumers are those of 256 partitions, of two projections, and more again.
_LIMITS = "{max_streams: 12, max_consumers: 1000}"


def accounts_conf(roster: Roster) -> str:
    """Laju's account with the streams, one for each service, one for each district."""
    links = [district.link for district in roster.districts]
    return f"""\
# Written by `laju bus accounts`: change accounts.toml and run it again, not this file.
accounts {{
  # Here are the streams. Only operators connect to it; services and districts have of it what it exports to them.
  LAJU {{
    jetstream: {_LIMITS}
    users: [{listed(_person(roster, name) for name in PEOPLE)}]
    exports: [{listed(_exports())}]
    imports: [{listed(line for link in links for line in districts.imports_of_laju(link))}]
  }}
{"".join(_service(roster, name) for name in SERVICES)}{"".join(map(districts.account, roster.districts))}\
  # The server's own. Nobody connects to it.
  SYS {{}}
}}
system_account: SYS
"""


def account_of(service: str) -> str:
    """The account of a service, such as ``INGEST``."""
    return service.upper()


def _exports() -> Iterable[str]:
    """Each subject once, with the accounts that have it."""
    owners: dict[tuple[str, str], list[str]] = {}
    for service, grants in SERVICES.items():
        for how, subjects in (("", grants.says), (", response: stream", grants.draws)):
            for subject in subjects:
                owners.setdefault((subject, how), []).append(account_of(service))
    for (subject, how), accounts in owners.items():
        yield f'{{service: "{subject}"{how}, accounts: [{", ".join(accounts)}]}}'


def _person(roster: Roster, name: str) -> str:
    denied = "".join(f'\n          "{subject}"' for subject in PEOPLE[name])
    return f"""\
{{
        # {name}
        nkey: {roster.keys[name]}
        permissions: {{publish: {{deny: [{denied}
        ]}}}}
      }}"""


def _service(roster: Roster, name: str) -> str:
    grants: Grants = SERVICES[name]
    links = [district.link for district in roster.districts] if name == "ingest" else []
    exports = listed(line for link in links for line in districts.exports_of_ingest(link))
    imports = (f'{{service: {{account: LAJU, subject: "{subject}"}}}}' for subject in (*grants.says, *grants.draws))
    heard = ", ".join(map(quoted, grants.hears))
    return f"""\
  {account_of(name)} {{
    users: [{{nkey: {roster.keys[name]}, permissions: {{subscribe: [{heard}]}}}}]
    exports: [{exports}]
    imports: [{listed(imports)}]
  }}
"""
