"""All settings of the aggregator, read once at start."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from services.aggregator.pace import Policy
from shared.settings import ServiceSettings


class AggregatorSettings(ServiceSettings):
    """Environment variables with the prefix ``LAJU_``."""

    aggregator_port: Annotated[int, Field(description="Port of the read API")] = 8081
    mongo_url: Annotated[str, Field(description="MongoDB replica set")] = "mongodb://127.0.0.1:27017"
    mongo_database: Annotated[str, Field(description="Prefix of the projection databases: laju gives laju_p1")] = "laju"
    as_of: Annotated[
        date | None, Field(description="Fixed business date for demos; otherwise today in each region's own zone")
    ] = None
    batch_events: Annotated[int, Field(ge=1, description="Most events in one transaction")] = 4000
    envelopes_in_flight: Annotated[int, Field(ge=1, description="Most envelopes in hand for each partition")] = 64
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
