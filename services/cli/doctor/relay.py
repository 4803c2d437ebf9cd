"""The mail relay: reached, trusted, and willing to let us in. Nothing is sent."""

from __future__ import annotations

import aiosmtplib

from services.cli.doctor import certificates
from services.cli.doctor.finding import Finding, fault, good
from services.notifier.delivery.relay import relay_at
from services.notifier.settings import NotifierSettings
from shared.errors import InvalidError
from shared.trust import trust

ABOUT = "mail"
_ASK_SECONDS = 10.0


async def examine(settings: NotifierSettings) -> list[Finding]:
    """The relay in LAJU_SMTP_URL."""
    try:
        relay = relay_at(settings.smtp_url.get_secret_value())
        context = trust(settings.smtp_ca, setting="LAJU_SMTP_CA")
    except InvalidError as error:
        return [fault(ABOUT, error.reason, "set it as docs/mail.md says")]
    where = f"the relay at {relay.host}:{relay.port}"
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.use_tls,
        start_tls=relay.start_tls,
        username=relay.username,
        password=relay.password,
        tls_context=context,
        timeout=_ASK_SECONDS,
    )
    try:
        async with client:
            await client.noop()
            certificate = client.get_transport_info("peercert")
    except aiosmtplib.SMTPAuthenticationError as error:
        what = f"{where} does not take our user and password: {error.code}"
        return [fault(ABOUT, what, "correct them in LAJU_SMTP_URL")]
    except (aiosmtplib.SMTPException, OSError) as error:
        what = f"{where} cannot be used: {certificates.reason(error)}"
        return [fault(ABOUT, what, "correct LAJU_SMTP_URL (and LAJU_SMTP_CA for a certificate of your own)")]
    return [good(ABOUT, f"{where} lets us in"), *certificates.judged(where, certificate)]
