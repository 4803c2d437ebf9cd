"""Settings of the notifier, read once in ``app.py``."""

from __future__ import annotations

from datetime import time, timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from services.notifier.decide import Policy
from services.notifier.schedule import Hours
from shared.settings import MongoUrl, PagesSettings, Port, Site


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


class NotifierSettings(PagesSettings):
    """Read from environment variables with the prefix ``LAJU_``."""

    notifier_port: Annotated[Port, Field(description="Port of the HTTP server")] = 8082
    mongo_url: MongoUrl = "mongodb://127.0.0.1:27017"
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
        Path | None,
        Field(description="TOML file of whom to tell and of quiet times; recipients.toml in LAJU_DATA if not set"),
    ] = None
    aggregator_url: Annotated[Site, Field(description="Public address of the aggregator, for the links in a mail")] = (
        "http://127.0.0.1:8081"
    )
    page_link_days: Annotated[
        int,
        Field(ge=1, le=365, description="If LAJU_ACCESS is link, the links to pages in a mail open them for so long"),
    ] = 30
    read_api_url: Annotated[
        str | None, Field(description="Where the notifier asks the aggregator; LAJU_AGGREGATOR_URL if not set")
    ] = None
    read_api_token: Annotated[
        SecretStr | None,
        Field(
            description="What it shows there if LAJU_ACCESS is oidc: the output of laju pages link ID --token. If it "
            "is link, the notifier writes its own"
        ),
    ] = None
    notifier_url: Annotated[
        str, Field(description="Public address of the notifier, for the links to acknowledge and to silence")
    ] = "http://127.0.0.1:8082"
    smtp_ca: Annotated[
        Path | None, Field(description="PEM file of a certificate authority to trust besides the system's")
    ] = None
    mails_at_once: Annotated[int, Field(ge=1, description="Most mails handed to the relay at the same time")] = 4
    bounce_port: Annotated[
        Port | None, Field(description="Port for delivery status notifications over LMTP, if any")
    ] = None
    bounce_host: Annotated[str, Field(description="Address that port listens on: the mail server's, nobody else's")] = (
        "127.0.0.1"
    )
    bounce_alias: Annotated[
        str | None, Field(description="Another name of the sender's address, if the mail server hands over under one")
    ] = None
    gather_seconds: Annotated[
        float, Field(ge=0, description="Wait for more to tell before a mail to a head is written")
    ] = 60.0
    mail_opens: Annotated[time, Field(description="Mails go out from this local time of the recipient on")] = time(8)
    mail_closes: Annotated[time, Field(description="and before this one, on working days")] = time(16)
    mail_any_time: Annotated[bool, Field(description="Mails go out at any time, also at night and on holidays")] = False
    confirm_days: Annotated[
        int, Field(ge=1, description="A shortfall is told once it has lasted so long, unless work has nearly stopped")
    ] = 14
    repeat_warning_days: Annotated[int, Field(ge=1, description="A warning still true is told again after this")] = 14
    repeat_serious_days: Annotated[int, Field(ge=1, description="the same for serious")] = 7
    repeat_critical_days: Annotated[int, Field(ge=1, description="and for critical")] = 3
    repeat_no_data_days: Annotated[int, Field(ge=1, description="and for a silent region")] = 14
    escalate_days: Annotated[
        int,
        Field(ge=1, description="Unacknowledged so long, the province is told, then the directorate"),
    ] = 7
    acknowledge_days: Annotated[int, Field(ge=1, description="How long an acknowledgement holds")] = 14
    silence_days: Annotated[int, Field(ge=1, description="How long a silence by the link in a mail holds")] = 30
    digest_weekday: Annotated[
        int, Field(ge=0, le=6, description="Day of the weekly digest, 0 is Monday; a day on which offices work")
    ] = 0
    lag_events: Annotated[
        int, Field(ge=0, description="Nothing is told while more events than this wait to be projected")
    ] = 5000
    quarantined_many: Annotated[
        int, Field(ge=1, description="Nothing is told if so many events were quarantined within the hour")
    ] = 100
    retry_first_seconds: Annotated[
        float, Field(gt=0, description="Wait before a mail is tried a second time; doubles with each try")
    ] = 30.0
    retry_max_seconds: Annotated[float, Field(gt=0, description="Longest wait between two tries of a mail")] = 3600.0
    give_up_days: Annotated[
        float, Field(gt=0, description="A mail not accepted within this time has failed (RFC 5321, 4.5.4.1)")
    ] = 5.0
    keep_letters_days: Annotated[
        int, Field(ge=30, description="What a mail said is kept so long; that it went out, and to whom, for good")
    ] = 400

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> NotifierSettings:
        if self.mail_opens >= self.mail_closes:
            raise ValueError("LAJU_MAIL_OPENS must be earlier than LAJU_MAIL_CLOSES")
        return self

    @property
    def hours(self) -> Hours:
        """When mails go out."""
        return Hours(self.mail_opens, self.mail_closes, always=self.mail_any_time)

    @property
    def policy(self) -> Policy:
        """How often and how insistently heads are told."""
        return Policy(
            confirm_days=self.confirm_days,
            repeat={
                "warning": timedelta(days=self.repeat_warning_days),
                "serious": timedelta(days=self.repeat_serious_days),
                "critical": timedelta(days=self.repeat_critical_days),
            },
            repeat_no_data=timedelta(days=self.repeat_no_data_days),
            escalate=timedelta(days=self.escalate_days),
        )

    @property
    def recipients_file(self) -> Path:
        """The recipients file, wherever it was configured."""
        return self.recipients or self.data / "recipients.toml"

    @property
    def sender(self) -> Address:
        """``mail_from`` as an address."""
        return address_of(self.mail_from)
