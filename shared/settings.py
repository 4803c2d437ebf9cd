"""Settings that services have in common. Each adds its own in its ``settings.py``; all are read once, at start."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated, Literal, Self

import nkeys
from pydantic import AfterValidator, DirectoryPath, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict


def _is_site(text: str) -> str:
    """``text`` without a slash at its end, if it is ``https://host`` or ``http://host``, and nothing behind it."""
    scheme, _, host = text.rstrip("/").partition("://")
    if scheme not in ("http", "https") or not host or set(host) & set("/?#@ "):
        raise ValueError("is not an address such as https://laju.denpasarkota.go.id")
    return text.rstrip("/")


Site = Annotated[str, AfterValidator(_is_site)]
"""The address of a whole site, such as ``https://laju.denpasarkota.go.id``."""
Port = Annotated[int, Field(ge=0, le=65_535)]
MongoUrl = Annotated[str, Field(description="MongoDB replica set")]


_ENCRYPTED = "tls://"


def _one_kind_of_line(urls: str) -> str:
    if len({url.startswith(_ENCRYPTED) for url in _listed(urls)}) != 1:
        raise ValueError("must be addresses with commas between them, all of them or none beginning with tls://")
    return urls


def _is_seed(secret: SecretStr) -> SecretStr:
    try:
        nkeys.from_seed(bytearray(secret.get_secret_value().encode()))
    except (nkeys.NkeysError, ValueError):
        raise ValueError("is not a seed such as `laju bus keys` writes, which begins with SU") from None
    return secret


def _listed(urls: str) -> list[str]:
    return [url.strip() for url in urls.split(",") if url.strip()]


class ServiceSettings(BaseSettings):
    """Read from environment variables with the prefix ``LAJU_``; an empty variable is an unset one. What no variable
    says can be in a file of the folder ``LAJU_SECRETS``."""

    model_config = SettingsConfigDict(
        env_prefix="LAJU_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data: Annotated[Path, Field(description="Folder for keys and other files a service keeps")] = Path(".laju")
    host: Annotated[str, Field(description="Address the HTTP server listens on")] = "127.0.0.1"
    tls_cert: Annotated[
        FilePath | None,
        Field(description="PEM file of the certificate that the HTTP server shows, and its chain; makes it HTTPS"),
    ] = None
    tls_key: Annotated[FilePath | None, Field(description="PEM file of the private key that goes with it")] = None
    ca: Annotated[
        FilePath | None,
        Field(
            description="PEM file of certificate authorities to trust besides the system's, for NATS and other "
            "services; for MongoDB instead of them"
        ),
    ] = None
    secrets: Annotated[
        DirectoryPath | None,
        Field(description="Folder of files named like variables, such as LAJU_MONGO_URL; a variable comes first"),
    ] = None
    nats_url: Annotated[
        str,
        AfterValidator(_one_kind_of_line),
        Field(description="NATS servers with JetStream, with commas between them; tls:// if they are to be encrypted"),
    ] = "nats://127.0.0.1:4222"
    nats_seed: Annotated[
        Annotated[SecretStr, AfterValidator(_is_seed)] | None,
        Field(description="Secret half of the key by which NATS knows this service, as `laju bus keys` makes it"),
    ] = None
    instance: Annotated[
        str | None, Field(description="Name of this replica, the same after its restart; by default host name and port")
    ] = None
    log_level: Annotated[str, Field(description="DEBUG, INFO, WARNING or ERROR")] = "INFO"
    tracing: Annotated[
        bool, Field(description="Record spans and send them where OTEL_EXPORTER_OTLP_ENDPOINT says (laju[tracing])")
    ] = False
    stream_replicas: Annotated[int, Field(ge=1, le=5, description="Replicas of each stream when it is created")] = 1
    partitions: Annotated[int, Field(ge=1, le=256, description="Partitions of EVENTS when it is created")] = 16
    shutdown_seconds: Annotated[int, Field(ge=1, description="How long work in hand may take after SIGTERM")] = 4

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables first, then files: which folder they are in is known when the settings are read only."""
        folder = os.environ.get("LAJU_SECRETS")
        there = folder if folder and Path(folder).is_dir() else None  # else the setting itself is refused
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, there)

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("LAJU_TLS_CERT and LAJU_TLS_KEY go together: set both or neither")
        return self

    @property
    def nats_servers(self) -> list[str]:
        """The addresses in ``nats_url``."""
        return _listed(self.nats_url)

    @property
    def nats_encrypted(self) -> bool:
        """Whether the lines to NATS are to be encrypted."""
        return self.nats_servers[0].startswith(_ENCRYPTED)

    def replica(self, port: int) -> str:
        """The name of the replica that listens on a port: what it left behind is found by it after a restart."""
        return self.instance or f"{socket.gethostname()}:{port}"


class PagesSettings(ServiceSettings):
    """Of the service that has the pages, and of the one that mails links to them."""

    access: Annotated[
        Literal["public", "link", "oidc"],
        Field(
            description="Who may see the pages and the read API: everybody, who has a link, who signs in; the same for "
            "aggregator and notifier"
        ),
    ] = "public"
    pages_key: Annotated[
        SecretStr | None,
        Field(
            description="64 hex digits that sign links and sessions, the same for every aggregator and, if LAJU_ACCESS "
            "is link, the notifier; after a comma the key before it, while its links are replaced; otherwise those in "
            "<data>/pages.key, which the aggregator makes"
        ),
    ] = None
