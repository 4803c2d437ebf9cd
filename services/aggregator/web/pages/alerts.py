"""The page of alerts: what is open, what was told and said, and every mail as it was sent."""

from __future__ import annotations

import asyncio
from datetime import datetime
from hashlib import blake2b

from starlette.responses import HTMLResponse, Response

from services.aggregator.notices import Mail, Notices, NotifierUnavailableError, Said, Step
from services.aggregator.web.pages.rendering import HEADERS, rendered
from services.aggregator.web.pages.shell import Crumb, Shell
from services.aggregator.web.pages.visit import NotThereError, Visit
from shared.pages import path_of
from shared.wilayah import Region, find, zone_of

# Nothing in a letter runs, and only our own page shows it.
_LETTER = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox",
}


async def page(visit: Visit, region: Region, notices: Notices) -> Response:
    """The alerts of a region and of what lies in it."""
    shell, title = await _around(visit, region)
    try:
        alerts, mails = await asyncio.gather(notices.alerts(region.code), notices.mails(region.code))
    except NotifierUnavailableError:
        return rendered("alerts.html", shell, 503, title=title, alerts=None)
    zone = zone_of(region.code)

    def moment(value: datetime) -> str:
        return visit.say.moment(value.astimezone(zone))

    return rendered(
        "alerts.html",
        shell,
        title=title,
        alerts=alerts,
        mails=[(mail, shell.link(path_of(region.code, "mails", _name(mail)))) for mail in mails],
        moment=moment,
        about=_about,
        is_step=lambda entry: isinstance(entry, Step),
    )


async def mail(visit: Visit, region: Region, name: str, notices: Notices) -> Response:
    """One mail, framed.

    Raises:
        NotThereError: no such mail went to who answers for the region or something in it.
    """
    found = await _found(region, name, notices)
    shell, _ = await _around(visit, region, Crumb(found.subject, None))
    address = shell.link(path_of(region.code, "mails", name, "letter"))
    return rendered("mail.html", shell, title=found.subject, mail=found, address=address)


async def letter(region: Region, name: str, notices: Notices) -> Response:
    """The letter in that frame: as it was sent, without what only its recipient may do.

    Raises:
        NotThereError: there is no such mail, or it is kept no longer.
    """
    text = await notices.letter(await _found(region, name, notices))
    if text is None:
        raise NotThereError("missing.mail")
    return HTMLResponse(text, headers=_LETTER)


async def _found(region: Region, name: str, notices: Notices) -> Mail:
    found = next((mail for mail in await notices.mails(region.code) if _name(mail) == name), None)
    if found is None:
        raise NotThereError("missing.mail")
    return found


async def _around(visit: Visit, region: Region, *more: Crumb) -> tuple[Shell, str]:
    named = visit.say("page.alerts")
    here = Crumb(named, path_of(region.code, "alerts"))
    return await visit.shell(region.code, here, *more), f"{region.name}: {named}"


def _name(mail: Mail) -> str:
    """What a mail is called in an address: Message-IDs have signs that addresses do not."""
    return blake2b(mail.message_id.encode(), digest_size=8).hexdigest()


def _about(said: Said) -> str:
    """The region that a word is about."""
    return find(said.scope.partition("/")[0]).name
