"""Who may do what on the bus and in the database, as tables: from what the accounts are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.cli.bus.grants import PEOPLE, SERVICES, Grants

_ROLES = Path(__file__).parents[1] / "deploy/mongo/roles.json"
_MEANING = {
    "$JS.API.INFO": "what the account takes up, and its limits",
    "$JS.API.STREAM.INFO.": "how a stream is and how long",
    "$JS.API.STREAM.MSG.DELETE.": "erase a message",
    "$JS.API.CONSUMER.CREATE.": "make a consumer",
    "$JS.API.CONSUMER.INFO.": "how far a consumer is",
    "$JS.API.CONSUMER.LIST.": "the same of all",
    "$JS.API.CONSUMER.DELETE.": "end a consumer",
    "$JS.API.CONSUMER.MSG.NEXT.": "be handed messages",
    "$JS.API.DIRECT.GET.": "read messages without a consumer",
    "$JS.ACK.": "acknowledge what was handed over",
    "$KV.": "write into a bucket",
    "_INBOX_": "answers",
    "presence.": "which replicas there are; in no stream",
}


def page() -> str:
    """The page, in Markdown."""
    return "".join(
        (
            "# Who may do what\n\nWhat is not here is refused. How the accounts are set up is in "
            "[production](production.md), why they are as they are in [0028](decisions/0028-accounts.md).\n\n"
            "## Services on the bus\n\nFrom `services/cli/bus/grants.py`, of which `laju bus accounts` makes the "
            "server's configuration. *Says*: publishes there, or asks with one answer. *Draws*: asks with several. "
            "*Hears*: listens, within its own account.\n\n",
            *_table("subject", *SERVICES, "meaning", rows=_services()),
            "\n## People on the bus\n\nThey are within the account of the streams and may do everything but say this, "
            "also by the names with a domain (`$JS.*.API`). It guards against slips and is no wall.\n\n",
            *_table("subject", *PEOPLE, rows=_people()),
            "\n## Accounts of MongoDB\n\nFrom `deploy/mongo/roles.json`, of which `users.js` makes roles and accounts. "
            "ingest has none.\n\n",
            *_table("account", "database", "collections", "may", rows=_accounts()),
        )
    )


def _services() -> Iterator[tuple[str, ...]]:
    for subject in dict.fromkeys(subject for grants in SERVICES.values() for subject in _all(grants)):
        meaning = next((text for start, text in _MEANING.items() if subject.startswith(start)), "publish")
        yield f"`{subject}`", *(_how(grants, subject) for grants in SERVICES.values()), meaning


def _all(grants: Grants) -> tuple[str, ...]:
    return (*grants.says, *grants.draws, *grants.hears)


def _how(grants: Grants, subject: str) -> str:
    words = (("says", grants.says), ("draws", grants.draws), ("hears", grants.hears))
    return next((word for word, subjects in words if subject in subjects), "")


def _people() -> Iterator[tuple[str, ...]]:
    for subject in dict.fromkeys(subject for denied in PEOPLE.values() for subject in denied):
        if "$JS.*." not in subject:
            yield f"`{subject}`", *("refused" if subject in denied else "" for denied in PEOPLE.values())


def _accounts() -> Iterator[tuple[str, ...]]:
    roles: dict[str, list[dict[str, Any]]] = json.loads(_ROLES.read_text(encoding="utf-8"))
    for role, grants in roles.items():
        for grant in grants:
            database = f"`{grant['db']}`" if "db" in grant else "the server"
            named = ", ".join(f"`{name}`" for name in grant.get("collections", ()) if name)
            yield f"`laju_{role}`", database, named, ", ".join(grant["actions"])


def _table(*head: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield "| " + " | ".join(row) + " |\n"
