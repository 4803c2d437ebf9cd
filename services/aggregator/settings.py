"""All settings of the aggregator, read once at start."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from services.aggregator.pace import Policy
from shared.settings import MongoUrl, PagesSettings, Port, Site
from shared.wilayah import local_day

_HERE = ("127.0.0.1", "localhost", "::1")


def _is_issuer(text: str) -> str:
    # Its keys come from there: over plain HTTP anybody on the way could put in others.
    parts = urlsplit(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise ValueError("is not an address that begins with https://")
    return text


def _hides_something(smallest: int) -> int:
    if smallest in (1, 2):
        raise ValueError("must be 0 or at least 3: 2 would hide only ones, so that what is hidden is known")
    return smallest


class AggregatorSettings(PagesSettings):
    """Environment variables with the prefix ``LAJU_``."""

    aggregator_port: Annotated[Port, Field(description="Port of the read API")] = 8081
    mongo_url: MongoUrl = "mongodb://127.0.0.1:27017"
    mongo_database: Annotated[str, Field(description="Prefix of the projection databases: laju gives laju_p1")] = "laju"
    notifier_api_url: Annotated[
        str, Field(description="Where the aggregator asks the notifier what was told, for the page of alerts")
    ] = "http://127.0.0.1:8082"
    as_of: Annotated[
        date | None, Field(description="Fixed business date for demos; otherwise today in each region's own zone")
    ] = None
    batch_events: Annotated[int, Field(ge=1, description="Most events in one transaction")] = 4000
    envelopes_in_flight: Annotated[int, Field(ge=1, description="Most envelopes in hand for each partition")] = 256
    bytes_in_flight: Annotated[int, Field(ge=1, description="Most bytes of envelopes in hand for each partition")] = (
        1_500_000
    )
    ack_wait_seconds: Annotated[int, Field(ge=1, description="Redelivery after an aggregator died")] = 30
    debounce_seconds: Annotated[float, Field(ge=0, description="Changes gathered before regions are assessed")] = 0.25
    assess_all_minutes: Annotated[int, Field(ge=1, description="Every region is assessed anew this often")] = 15
    tolerance_percent: Annotated[
        Decimal, Field(ge=0, description="Tolerated shortfall, per cent of the way from base to target")
    ] = Decimal(1)
    pending_days: Annotated[int, Field(ge=1, description="Assessed days in a row beyond it before behind")] = 3
    silent_days: Annotated[int, Field(ge=1, description="Days without report after which a region is no_data")] = 14
    serious_percent: Annotated[
        int, Field(description="Severity serious below this per cent of the way planned by now")
    ] = 90
    critical_percent: Annotated[
        int, Field(description="Severity critical below this per cent of the way planned by now")
    ] = 75
    live_subscribers: Annotated[int, Field(ge=1, description="Most live streams open at once")] = 1000
    live_look_seconds: Annotated[
        float, Field(gt=0, description="While live streams are open, changes are looked for at most this often")
    ] = 0.25
    live_heartbeat_seconds: Annotated[
        float, Field(gt=0, description="A live stream shows that it is up when nothing changed for so long")
    ] = 15
    pages_url: Annotated[
        Site | None,
        Field(description="Public address of the pages, for links and signing in; by default this host and port"),
    ] = None
    oidc_issuer: Annotated[
        Annotated[str, AfterValidator(_is_issuer)] | None,
        Field(description="Address of the OpenID Connect provider, for access oidc"),
    ] = None
    oidc_client_id: Annotated[str | None, Field(description="What the provider knows the pages by")] = None
    oidc_client_secret: Annotated[SecretStr | None, Field(description="The secret that goes with it")] = None
    oidc_region_claim: Annotated[
        str, Field(description="Claim of the ID token with the code of the region one may see, or a list of codes")
    ] = "laju_region"
    oidc_session_hours: Annotated[int, Field(ge=1, description="Hours until one has to sign in again")] = 8
    smallest_cell: Annotated[
        int,
        Field(ge=0, description="Counts below this one are hidden: 5 hides 1 to 4; 0 hides nothing"),
        AfterValidator(_hides_something),
    ] = 0

    @model_validator(mode="after")
    def _can_sign_in(self) -> AggregatorSettings:
        if self.access == "oidc":
            needed = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "pages_url")
            if missing := [f"LAJU_{name.upper()}" for name in needed if getattr(self, name) is None]:
                raise ValueError(f"LAJU_ACCESS is oidc: {', '.join(missing)} must be set")
        return self

    @property
    def pages_address(self) -> str:
        """Where the pages are reached from outside, without a slash at the end."""
        return self.pages_url or f"http://127.0.0.1:{self.aggregator_port}"

    @property
    def https(self) -> bool:
        """Whether the pages are reached over HTTPS."""
        return self.pages_address.startswith("https://")

    def today(self, region: str) -> date:
        """The business date of a region: the configured one, or today in its own zone."""
        return self.as_of or local_day(datetime.now(UTC), region)

    @property
    def policy(self) -> Policy:
        """The settings that pace needs."""
        return Policy(
            tolerance_percent=self.tolerance_percent,
            pending_days=self.pending_days,
            silent_days=self.silent_days,
            serious_percent=self.serious_percent,
            critical_percent=self.critical_percent,
        )
