"""Puts the gate in front of the app, and the routes of the way in behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from services.aggregator.settings import AggregatorSettings
from services.aggregator.web.access import leaving, links, sign_in
from services.aggregator.web.access.cookies import Cookie
from services.aggregator.web.access.gate import SIGN_IN, Doorkeeper, Gate
from services.aggregator.web.access.provider import Client, Provider
from shared.pages_key import keys
from shared.passes import Keys


def install(app: FastAPI, settings: AggregatorSettings) -> None:
    """Let in whom ``LAJU_ACCESS`` says.

    Raises:
        InvalidError: the keys cannot be read.
    """
    if settings.access != "link":
        app.include_router(links.led_on())
    if settings.access == "public":
        app.add_middleware(Gate, doorkeeper=None)
    elif settings.access == "link":
        _by_link(app, settings, keys(settings))
    else:
        _by_sign_in(app, settings, keys(settings))


def _by_link(app: FastAPI, settings: AggregatorSettings, secret: Keys) -> None:
    cookie = Cookie("laju_link", settings.https)
    app.include_router(links.routes(secret, cookie, _now))
    app.include_router(leaving.routes(cookie))
    app.add_middleware(Gate, doorkeeper=Doorkeeper(secret, "link", cookie, _now))


def _by_sign_in(app: FastAPI, settings: AggregatorSettings, secret: Keys) -> None:
    session, browser = Cookie("laju_session", settings.https), Cookie("laju_browser", settings.https)
    url = settings.pages_address
    provider = Provider(
        Client(
            issuer=settings.oidc_issuer or "",
            id=settings.oidc_client_id or "",
            secret=settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else "",
            redirect_uri=url + sign_in.CALLBACK,
        )
    )
    lasts = timedelta(hours=settings.oidc_session_hours)
    app.include_router(
        sign_in.routes(provider, secret, session, browser, claim=settings.oidc_region_claim, lasts=lasts, clock=_now)
    )
    app.include_router(
        leaving.routes(session, sign_in=SIGN_IN, provider=lambda: provider.sign_out_address(url + leaving.SIGNED_OUT))
    )
    app.add_middleware(Gate, doorkeeper=Doorkeeper(secret, "session", session, _now, sign_in=url + SIGN_IN))


def _now() -> datetime:
    return datetime.now(UTC)
