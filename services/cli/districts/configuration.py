"""Configuration of NATS: what of the hub is for a district, and the whole of a district's server. Text from values, no
more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.cli.districts.link import HUB_DOMAIN, Link
from services.cli.districts.roster import District
from shared.bus import INTAKE, REJECTED, intake_subject, rejected_subject

SEED_FILE = "leaf.seed"
_SEED_NAME = "LAJU_LEAF_SEED"
# Where one JetStream awaits the answer of another one.
_ANSWERS = "$JSC.R.*"
# Two are in use. A district could otherwise let the hub keep any number.
_CONSUMERS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a district's server listens and keeps its streams, and how it reaches and trusts the hub.

    ``ca_file``: of whoever signed the hub's certificate; ``None`` for those that the system trusts.
    """

    hub: str
    listen: str
    store: str
    ca_file: str | None


def leaf_conf(link: Link, place: Place) -> str:
    """The configuration of a district's server; the seed is in a file of its own beside it."""
    tls = f'\n    tls {{ ca_file: "{place.ca_file}" }}' if place.ca_file else ""
    return f"""\
# The NATS server of {link.title}, written by `laju district new`.
# What is put on {intake_subject(link.code)} is kept here, and copied to the hub while there is a line.
server_name: leaf-{link.digits}

# For the district's own system, without a password: whoever reaches it can send events as the district. Before it
# listens to a network, add an authorization with user and password.
listen: "{place.listen}"

# As at the hub, which could otherwise not take what was taken here.
max_payload: 8MB

# A line that died without a word is found within half a minute, not after the minutes of the defaults.
ping_interval: "10s"
ping_max: 2

jetstream {{
  domain: {link.domain}
  store_dir: "{place.store}"
  # An acknowledged message is on the disk. The server's own default is two minutes: what was acknowledged within
  # them would be lost with the power.
  sync_interval: always
}}

# The seed proves to the hub who this is. It is the only secret: its file can be read by its owner only.
include "{SEED_FILE}"
leafnodes {{
  remotes: [{{
    url: "{place.hub}"
    nkey: ${_SEED_NAME}{tls}
  }}]
}}
"""


def seed_conf(seed: str) -> str:
    """The file with the seed, which the configuration includes."""
    return f"{_SEED_NAME}: {seed}\n"


def exports_of_ingest(link: Link) -> Iterable[str]:
    """What ingest's account lets a district have. Not Laju's, where refusals are kept: what came there from another
    account goes to no third one.
    """
    yield f'{{stream: "{rejected_subject(link.code)}", accounts: [{link.account}]}}'


def imports_of_laju(link: Link) -> Iterable[str]:
    """What Laju's account has of a district's."""
    account = f"account: {link.account}"
    yield f'{{service: {{{account}, subject: "$JS.API.>"}}, to: "{link.account_api}.>"}}'
    yield f'{{service: {{{account}, subject: "$JS.FC.{link.transit}.>"}}}}'
    yield f'{{stream: {{{account}, subject: "{link.gathered}.>"}}}}'


def account(district: District) -> str:
    """The account of a district."""
    link = district.link
    from_leaf = (
        f"{link.carried}.>",
        _ANSWERS,
        f"$JS.{HUB_DOMAIN}.API.CONSUMER.CREATE.{REJECTED}",
        f"$JS.FC.{REJECTED}.>",
    )
    to_leaf = (
        f"{link.returned}.>",
        _ANSWERS,
        f"$JS.{link.domain}.API.CONSUMER.CREATE.{INTAKE}",
        f"$JS.FC.{INTAKE}.>",
    )
    exports = (
        '{service: "$JS.API.>", accounts: [LAJU]}',
        f'{{service: "$JS.FC.{link.transit}.>", accounts: [LAJU]}}',
        f'{{stream: "{link.gathered}.>", accounts: [LAJU]}}',
    )
    return f"""\
  # {link.title}: its server may hand over messages, read its refusals, and no more.
  {link.account} {{
    jetstream: {{max_streams: 2, max_consumers: {_CONSUMERS}}}
    users: [{{
      nkey: {district.nkey}
      allowed_connection_types: [LEAFNODE]
      permissions: {{
        publish: [{listed(map(quoted, from_leaf), 5)}]
        subscribe: [{listed(map(quoted, to_leaf), 5)}]
      }}
    }}]
    exports: [{listed(exports)}]
    imports: [{{stream: {{account: INGEST, subject: "{rejected_subject(link.code)}"}}}}]
  }}
"""


def quoted(text: str) -> str:
    """A text of the configuration."""
    return f'"{text}"'


def listed(lines: Iterable[str], depth: int = 3) -> str:
    """The inside of a list, each entry on a line of its own; empty for none."""
    found = "".join(f"\n{'  ' * depth}{line}" for line in lines)
    return found and f"{found}\n{'  ' * (depth - 1)}"
