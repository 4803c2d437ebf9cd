"""Certificates: trusted, and not about to expire."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates

from services.cli.doctor.finding import Finding, fault, good, unknown, warning
from shared.database import encrypted_hosts
from shared.errors import InvalidError
from shared.service import check_certificate
from shared.settings import ServiceSettings
from shared.trust import trust

ABOUT = "certificates"
_SOON = timedelta(days=30)
_ASK_SECONDS = 10.0
_PORTS = {"https": 443, "tls": 4222}


@dataclass(frozen=True, slots=True)
class Shown:
    """A server that shows a certificate when the line begins. Trusted is who is in the PEM file ``ca``, besides those
    that the system trusts or, if ``alone``, instead of them."""

    host: str
    port: int
    ca: Path | None
    alone: bool = False

    def trusted(self) -> ssl.SSLContext:
        """Whom a client of ours believes there."""
        return ssl.create_default_context(cafile=self.ca) if self.alone else trust(self.ca)


def of_urls(urls: Iterable[str], ca: Path | None) -> list[Shown]:
    """The servers at the addresses among ``urls`` that are encrypted, https or NATS."""
    parts = [urlsplit(url) for url in urls]
    return [
        Shown(part.hostname, part.port or _PORTS[part.scheme], ca)
        for part in parts
        if part.scheme in _PORTS and part.hostname
    ]


def of_database(url: str, ca: Path | None) -> list[Shown]:
    """The members of MongoDB behind a URL that asks for TLS."""
    try:
        hosts, trusted = encrypted_hosts(url, ca)
    except InvalidError:  # which is told of the database
        return []
    return [Shown(host, port, trusted, alone=True) for host, port in hosts]


async def examine(servers: Iterable[Shown]) -> list[Finding]:
    """What these show; one that is named twice is looked at once."""
    found: list[Finding] = []
    for server in dict.fromkeys(servers):
        where = f"{server.host}:{server.port}"
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                _, writer = await asyncio.open_connection(server.host, server.port, ssl=server.trusted())
            found += judged(where, writer.get_extra_info("peercert"))
            writer.close()
        except ConnectionRefusedError:
            found.append(unknown(ABOUT, f"nobody answers at {where}, so its certificate was not seen", "start it"))
        except (InvalidError, OSError, TimeoutError) as error:
            mend = "renew it, or make this machine trust who signed it (LAJU_CA)"
            found.append(fault(ABOUT, f"the certificate of {where} cannot be used: {reason(error)}", mend))
    return found


def of_files(services: Iterable[ServiceSettings]) -> list[Finding]:
    """The certificates that HTTP servers are given (LAJU_TLS_CERT), each file once."""
    found: list[Finding] = []
    for path, settings in {settings.tls_cert: settings for settings in services}.items():
        if path is None:
            continue
        try:
            check_certificate(settings)
            (certificate, *_) = load_pem_x509_certificates(path.read_bytes())
        except (InvalidError, OSError, ValueError) as error:
            found.append(fault(ABOUT, f"{path} cannot be used: {reason(error)}", "put certificate and key there"))
            continue
        found.append(_until(str(path), certificate.not_valid_after_utc))
    return found


def judged(where: str, certificate: Mapping[str, Any] | None) -> Iterator[Finding]:
    """A verified certificate as the ssl module tells it; ``None`` if the line is not encrypted."""
    if not certificate or "notAfter" not in certificate:
        return
    yield _until(where, datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC))


def _until(where: str, ends: datetime) -> Finding:
    left = ends - datetime.now(UTC)
    if left < timedelta():
        return fault(ABOUT, f"the certificate of {where} ended on {ends:%Y-%m-%d}", "renew it, and restart the service")
    if left < _SOON:
        what = f"the certificate of {where} ends on {ends:%Y-%m-%d}, in {left.days} days"
        return warning(ABOUT, what, "renew it now, and look at what should have renewed it")
    return good(ABOUT, f"the certificate of {where} is good until {ends:%Y-%m-%d}")


def reason(error: BaseException) -> str:
    """Why a line could not be used, in the words of who refused it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return str(error) or type(error).__name__
