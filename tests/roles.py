"""The accounts of MongoDB in ``deploy/mongo/roles.json``, as ``users.js`` makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymongo

ROLES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "deploy/mongo/roles.json").read_text(encoding="utf-8")
)
PROJECTIONS = 3


def privileges(role: str) -> list[dict[str, Any]]:
    """What a role may do, with as many projections as a test has."""
    return [
        {"resource": resource, "actions": grant["actions"]} for grant in ROLES[role] for resource in _resources(grant)
    ]


def create_users(client: pymongo.MongoClient[dict[str, Any]], password: str) -> None:
    """An account ``laju_<role>`` for each role."""
    for role in ROLES:
        name = f"laju_{role}"
        client.admin.command({"createRole": name, "privileges": privileges(role), "roles": []})
        client.admin.command({"createUser": name, "pwd": password, "roles": [name]})


def _resources(grant: dict[str, Any]) -> list[dict[str, Any]]:
    if "cluster" in grant:
        return [{"cluster": True}]
    return [
        {"db": database, "collection": collection}
        for database in _databases(grant["db"])
        for collection in grant["collections"]
    ]


def _databases(name: str) -> list[str]:
    if not name.endswith("*"):
        return [name]
    return [name[:-1] + str(number + 1) for number in range(PROJECTIONS)]
