"""Certificates: trusted, and not about to expire."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from services.cli.doctor.finding import Finding, fault, good, warning
from services.cli.http_client import trusted

ABOUT = "certificates"
_SOON = timedelta(days=30)
_ASK_SECONDS = 10.0


async def examine(urls: Iterable[str]) -> list[Finding]:
    """Those of the https addresses among ``urls``; one host is looked at once."""
    found: list[Finding] = []
    hosts = dict.fromkeys(
        (parts.hostname, parts.port or 443) for parts in map(urlsplit, urls) if parts.scheme == "https"
    )
    for host, port in hosts:
        where = f"{host}:{port}"
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                _, writer = await asyncio.open_connection(host, port, ssl=trusted())
            found += judged(where, writer.get_extra_info("peercert"))
            writer.close()
        except (OSError, TimeoutError) as error:
            mend = "renew it, or make this machine trust who signed it (LAJU_CA)"
            found.append(fault(ABOUT, f"the certificate of {where} cannot be used: {reason(error)}", mend))
    return found


def judged(where: str, certificate: Mapping[str, Any] | None) -> Iterator[Finding]:
    """A verified certificate as the ssl module tells it; ``None`` if the line is not encrypted."""
    if not certificate or "notAfter" not in certificate:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    left = ends - datetime.now(UTC)
    if left < _SOON:
        what = f"the certificate of {where} ends on {ends:%Y-%m-%d}, in {max(left.days, 0)} days"
        yield warning(ABOUT, what, "renew it now, and look at what should have renewed it")
    else:
        yield good(ABOUT, f"the certificate of {where} is good until {ends:%Y-%m-%d}")


def reason(error: BaseException) -> str:
    """Why a line could not be used, in the words of who refused it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return str(error) or type(error).__name__
