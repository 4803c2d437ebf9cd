"""A key and what it opens. Pure.

A key is ``laju_<id>_<secret>``. Kept is the hash of the secret alone: who reads the bucket cannot send with it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.admission import FieldError
from shared.envelope import Wire
from shared.events import CITIZEN_TYPES, REGION_TYPES, wire_type
from shared.wilayah import NATION, within

_TOKEN = re.compile(r"laju_([a-z0-9]{8})_([A-Za-z0-9_-]{20,})")
_ID_BYTES, _SECRET_BYTES = 4, 32
DISTRICT_WIRE_TYPES = tuple(wire_type(model) for model in (*CITIZEN_TYPES, *REGION_TYPES))


class Key(BaseModel):
    """A key as it is kept. ``types`` are patterns of event types such as ``ikd.*``, ``regions`` codes that a sender may
    report about, whole regions with all that lies in them; times are aware. ``national`` opens the targets of the
    national authority. ``requests_per_second`` is a bound for each replica of ingest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    digest: str
    types: tuple[str, ...]
    regions: tuple[str, ...]
    national: bool = False
    requests_per_second: Annotated[int, Field(ge=1)] = 100
    issued_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None

    def opens(self, secret: str) -> bool:
        """Whether this is its secret; compared in constant time."""
        return hmac.compare_digest(digest_of(secret), self.digest)

    @property
    def opens_everything(self) -> bool:
        """Whether no event is outside of its scopes."""
        return self.national and self.types == ("*",) and self.regions == (NATION,)

    def ended(self, now: datetime) -> str | None:
        """Why it opens nothing any more, as a sentence; ``None`` while it does. ``now`` is aware."""
        if self.revoked_at is not None:
            return f"key {self.id} was revoked at {self.revoked_at:%Y-%m-%d %H:%M} UTC; ask who issued it for another"
        if self.expires_at is not None and now >= self.expires_at:
            return f"key {self.id} expired at {self.expires_at:%Y-%m-%d %H:%M} UTC; ask who issued it for another"
        return None


def issued(
    name: str,
    *,
    types: tuple[str, ...],
    regions: tuple[str, ...],
    national: bool,
    requests_per_second: int,
    now: datetime,
    expires_at: datetime | None,
) -> tuple[Key, str]:
    """A new key, and its text, which nobody can tell again."""
    identity, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    key = Key(
        id=identity,
        name=name,
        digest=digest_of(secret),
        types=types,
        regions=regions,
        national=national,
        requests_per_second=requests_per_second,
        issued_at=now,
        expires_at=expires_at,
    )
    return key, f"laju_{identity}_{secret}"


def parts_of(token: str) -> tuple[str, str] | None:
    """Id and secret of a key's text; ``None`` if it is not of that form."""
    found = _TOKEN.fullmatch(token)
    return (found[1], found[2]) if found else None


def digest_of(secret: str) -> str:
    """The hash that is kept, in hex. Plain SHA-256: the secret has 256 bits, nobody can go through them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def scope_error(key: Key, event: Wire) -> FieldError | None:
    """Which scope the key's holder lacks to report this event; ``None`` if none.

    Work at a counter is reported by the region where it was done, what a register says by the citizen's home, and a
    fact about a region by the region or what it lies in.
    """
    data = event["data"]
    field = next(name for name in ("service", "region", "home") if name in data)
    return _missing(
        key.id, key.types, key.regions, key.national, event["type"], field, data[field], data.get("authority")
    )


def types_of(patterns: tuple[str, ...]) -> list[str]:
    """The event types of the catalogue that any of the patterns names, with or without the version."""
    return [kind for kind in DISTRICT_WIRE_TYPES if _named(kind, patterns)]


# The same office reports the same few types over and over.
@lru_cache(maxsize=100_000)
def _missing(
    identity: str,
    patterns: tuple[str, ...],
    regions: tuple[str, ...],
    national: bool,
    kind: str,
    field: str,
    region: str,
    authority: str | None,
) -> FieldError | None:
    if not _named(kind, patterns):
        return FieldError("type", f"key {identity} may not send {kind}; it has the types {', '.join(patterns)}")
    if not any(within(region, wide) for wide in regions):
        reason = f"key {identity} may not report for {region}; it has the regions {', '.join(regions)}"
        return FieldError(f"data.{field}", reason)
    if authority == "national" and not national:
        reason = f"key {identity} may not set or withdraw national targets; that takes a national key"
        return FieldError("data.authority", reason)
    return None


def _named(kind: str, patterns: tuple[str, ...]) -> bool:
    without_version = kind.rpartition(".")[0]
    return any(fnmatchcase(kind, pattern) or fnmatchcase(without_version, pattern) for pattern in patterns)


OPERATOR_ID = "operator"


def operator(token: str, now: datetime) -> Key:
    """The key of whoever runs the service, which opens everything; ``token`` is its whole text."""
    return Key(
        id=OPERATOR_ID,
        name="operator",
        digest=digest_of(token),
        types=("*",),
        regions=(NATION,),
        national=True,
        requests_per_second=1_000_000,
        issued_at=now,
    )


def of_region(region: str, now: datetime) -> Key:
    """What a region may report that put it onto its own subject on the bus: everything but national targets."""
    return Key(
        id=f"intake.{region}", name=region, digest="", types=("*",), regions=(region,), national=False, issued_at=now
    )
