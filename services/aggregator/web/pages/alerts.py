"""The page of alerts: what is open, what was told and said, and every mail as it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from starlette.responses import HTMLResponse, Response

from services.aggregator import suppressed_alerts
from services.aggregator.notices import Mail, Notices, NotifierUnavailableError, Step
from services.aggregator.suppressed_alerts import Moment
from services.aggregator.web.pages.rendering import HEADERS, rendered
from services.aggregator.web.pages.shell import Crumb, Shell
from services.aggregator.web.pages.visit import NotThereError, Visit
from shared.events.standing import Standing
from shared.pages import path_of
from shared.wilayah import Region, find, is_known, zone_of

# Nothing in a letter runs, and only our own page shows it.
_LETTER = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox",
}


async def page(visit: Visit, region: Region, notices: Notices) -> Response:
    """The alerts of a region and of what lies in it, as far as small counts are not hidden."""
    shell, title = await _around(visit, region)
    try:
        alerts, mails = await asyncio.gather(notices.alerts(region.code), notices.mails(region.code))
    except NotifierUnavailableError:
        return rendered("alerts.html", shell, 503, title=title, alerts=None)
    if visit.reader.smallest:
        alerts = suppressed_alerts.alerts(alerts, await _told(visit, suppressed_alerts.moments(alerts)))
    zone = zone_of(region.code)

    def moment(value: datetime) -> str:
        return visit.say.moment(value.astimezone(zone))

    return rendered(
        "alerts.html",
        shell,
        title=title,
        alerts=alerts,
        mails=[(mail, _link(visit, shell, region, mail)) for mail in mails],
        moment=moment,
        about=lambda said: find(said.region).name,
        is_step=lambda entry: isinstance(entry, Step),
    )


async def mail(visit: Visit, region: Region, name: str, notices: Notices) -> Response:
    """One mail, framed.

    Raises:
        NotThereError: no such mail went to who answers for the region or something in it, or it has counts that are
            hidden.
    """
    found = await _found(visit, region, name, notices)
    shell, _ = await _around(visit, region, Crumb(found.subject, None))
    address = shell.link(path_of(region.code, "mails", name, "letter"))
    return rendered("mail.html", shell, title=found.subject, mail=found, address=address)


async def letter(visit: Visit, region: Region, name: str, notices: Notices) -> Response:
    """The letter in that frame: as it was sent, without what only its recipient may do.

    Raises:
        NotThereError: there is no such mail, it is kept no longer, or has counts that are hidden.
    """
    text = await notices.letter(await _found(visit, region, name, notices))
    if text is None:
        raise NotThereError("missing.mail")
    return HTMLResponse(text, headers=_LETTER)


async def _found(visit: Visit, region: Region, name: str, notices: Notices) -> Mail:
    found = next((mail for mail in await notices.mails(region.code) if _name(mail) == name), None)
    if found is None:
        raise NotThereError("missing.mail")
    if not suppressed_alerts.shows_letter(found, visit.reader.smallest):
        raise NotThereError("missing.mail_hidden", smallest=str(visit.reader.smallest))
    return found


def _link(visit: Visit, shell: Shell, region: Region, mail: Mail) -> str | None:
    """Where a mail is shown, if it is."""
    if not suppressed_alerts.shows_letter(mail, visit.reader.smallest):
        return None
    return shell.link(path_of(region.code, "mails", _name(mail)))


async def _told(visit: Visit, moments: Iterable[Moment]) -> dict[Moment, list[Standing]]:
    """What the reader tells of each; nothing of a region that is there no more."""
    return {
        moment: await visit.reader.standings.of(moment.region, None, moment.on) if is_known(moment.region) else []
        for moment in moments
    }


async def _around(visit: Visit, region: Region, *more: Crumb) -> tuple[Shell, str]:
    named = visit.say("page.alerts")
    here = Crumb(named, path_of(region.code, "alerts"))
    return await visit.shell(region.code, here, *more), f"{region.name}: {named}"


def _name(mail: Mail) -> str:
    """What a mail is called in an address: Message-IDs have signs that addresses do not."""
    return blake2b(mail.message_id.encode(), digest_size=8).hexdigest()
