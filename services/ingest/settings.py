"""All settings of ingest, read once at start."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from shared.settings import Port, ServiceSettings


class IngestSettings(ServiceSettings):
    """Environment variables with the prefix ``LAJU_``."""

    ingest_port: Annotated[Port, Field(description="Port of the intake")] = 8080
    api_key: Annotated[
        SecretStr | None,
        Field(description="Operator key; otherwise the one in <data>/operator.key, made at first start"),
    ] = None
    pseudonym_key: Annotated[
        SecretStr | None,
        Field(
            description="64 hex digits that turn a NIK into a pseudonym, after k2: if it is the second, and so on; "
            "otherwise <data>/pseudonym.key"
        ),
    ] = None
    former_pseudonym_key: Annotated[
        SecretStr | None,
        Field(
            description="The one before it, during a rotation; otherwise <data>/former-pseudonym.key, if it is there"
        ),
    ] = None
    nik_over_http: Annotated[
        bool, Field(description="Accept data.nik over plain HTTP from other machines (for a trusted network only)")
    ] = False
    max_body_bytes: Annotated[int, Field(ge=65_536, description="Largest request body")] = 16 * 1024 * 1024
    max_inflated_bytes: Annotated[int, Field(ge=65_536, description="Largest body once it is inflated")] = (
        32 * 1024 * 1024
    )
    max_events: Annotated[int, Field(ge=1, description="Most events in one request")] = 10_000
    requests_in_hand: Annotated[int, Field(ge=1, description="Requests at once; more are answered with 503")] = 1000
    bytes_in_hand: Annotated[
        int, Field(ge=65_536, description="Bytes of bodies at once, before and after inflating; more wait with 503")
    ] = 256 * 1024 * 1024
    clock_allowance_seconds: Annotated[int, Field(ge=0, description="How far ahead a district's clock may be")] = 300
    publish_timeout_seconds: Annotated[float, Field(gt=0, description="Wait for JetStream's acknowledgement")] = 5.0
