"""Where mail is handed over: the relay's address, and how the line to it is encrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from shared.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over. ``use_tls``: encrypted from the start; ``start_tls`` ``None`` means: if offered."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    use_tls: bool
    start_tls: bool | None


def relay_at(url: str) -> Relay:
    """Read ``smtp://``, ``smtp://…?starttls=require`` or ``smtps://``. Errors hide the URL: it holds a password.

    Raises:
        InvalidError: not such a URL, or it would send a password unencrypted.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidError("LAJU_SMTP_URL is not a URL: use smtp://host:port or smtps://host:port") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise InvalidError(
            "LAJU_SMTP_URL must be smtp://host:port or smtps://host:port. "
            "In user and password write / ? # @ : as %2F %3F %23 %40 %3A"
        )
    if options not in ({}, {"starttls": "require"}):
        raise InvalidError("LAJU_SMTP_URL knows one option only: ?starttls=require")
    use_tls, required = parts.scheme == "smtps", bool(options)
    if use_tls and required:
        raise InvalidError("LAJU_SMTP_URL: smtps:// is encrypted from the start: leave out starttls=require")
    if bool(parts.username) != bool(parts.password):
        raise InvalidError("LAJU_SMTP_URL needs both user and password, as in smtps://user:password@host, or neither")
    if parts.username and not (use_tls or required):
        raise InvalidError("LAJU_SMTP_URL has a password but does not require TLS: use smtps:// or ?starttls=require")
    return Relay(
        host=parts.hostname,
        port=port or (465 if use_tls else 587 if required else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=use_tls,
        # With use_tls aiosmtplib wants to hear that there is no second layer.
        start_tls=False if use_tls else (True if required else None),
    )
