"""Settings of the notifier, read once in ``app.py``."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from shared.settings import ServiceSettings


def address_of(text: str) -> Address:
    """A single mailbox, such as ``Laju <laju@denpasarkota.go.id>``.

    Raises:
        ValueError: it has no local part or no domain, or is not ASCII.
    """
    name, spec = parseaddr(text)
    local, at, domain = spec.rpartition("@")
    if not (local and at and domain and spec.isascii()):
        raise ValueError("is not one address such as Laju <laju@denpasarkota.go.id>")
    return Address(name, local, domain)


def _is_address(text: str) -> str:
    address_of(text)
    return text


class NotifierSettings(ServiceSettings):
    """Read from environment variables with the prefix ``LAJU_``."""

    notifier_port: Annotated[int, Field(ge=0, le=65_535, description="Port of the HTTP server")] = 8082
    mongo_url: Annotated[str, Field(description="MongoDB replica set")] = "mongodb://127.0.0.1:27017"
    notifier_database: Annotated[str, Field(description="Database of alerts and outbox")] = "laju_notifier"
    smtp_url: Annotated[
        SecretStr,
        Field(
            description="Mail relay: smtps://user:password@host:465, smtp://user:password@host:587?starttls=require, "
            "or smtp://host:25 (STARTTLS if offered). Certificates are always verified"
        ),
    ] = SecretStr("smtp://127.0.0.1:2525")
    mail_from: Annotated[
        str, AfterValidator(_is_address), Field(description="Sender; its domain is that of the Message-IDs")
    ] = "Laju <laju@localhost>"
    recipients: Annotated[
        Path | None, Field(description="TOML file of the heads to tell; recipients.toml in LAJU_DATA if not set")
    ] = None
    aggregator_url: Annotated[str, Field(description="Public address of the aggregator, for the link in a mail")] = (
        "http://127.0.0.1:8081"
    )
    retry_first_seconds: Annotated[
        float, Field(gt=0, description="Wait before a mail is tried a second time; doubles with each try")
    ] = 30.0
    retry_max_seconds: Annotated[float, Field(gt=0, description="Longest wait between two tries of a mail")] = 3600.0
    give_up_days: Annotated[
        float, Field(gt=0, description="A mail not accepted within this time has failed (RFC 5321, 4.5.4.1)")
    ] = 5.0

    @property
    def recipients_file(self) -> Path:
        """The recipients file, wherever it was configured."""
        return self.recipients or self.data / "recipients.toml"

    @property
    def sender(self) -> Address:
        """``mail_from`` as an address."""
        return address_of(self.mail_from)
