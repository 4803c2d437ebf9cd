"""The pages below a region's: a target through time, published figures, interventions, whether figures can be true."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from services.aggregator.briefing import Line, NoSuchLineError
from services.aggregator.web.pages import drawings, quality, targets
from services.aggregator.web.pages.cards import card
from services.aggregator.web.pages.drawings import Section
from services.aggregator.web.pages.rendering import rendered
from services.aggregator.web.pages.shell import Crumb, Shell
from services.aggregator.web.pages.visit import NotThereError, Visit
from shared.wilayah import Region


async def target(visit: Visit, region: Region, line: Line) -> Response:
    """A target line: how it stands, and every decree about it.

    Raises:
        NotThereError: there never was one.
    """
    day, say = visit.day(region.code), visit.say
    decrees = await visit.reader.standings.decrees(region.code, line)
    versions = targets.history(decrees, day, say)
    if not versions:
        raise NotThereError("missing.target", name=region.name)
    title = say("target.title", programme=say(f"programme.{line.programme}"), due=say.day(line.due_on))
    shell = await visit.shell(region.code, Crumb(title, None))
    cards = []
    try:
        told = await visit.reader.briefings.of(region.code, line, visit.on)
    except NoSuchLineError:
        pass  # it was withdrawn, or is not yet in force
    else:
        cards = [Section(card(told.standing, shell), drawings.burn_up(told, say, decrees), told)]
    title = f"{region.name}: {title}"
    return rendered("target.html", shell, title=title, versions=versions, cards=cards, day=day)


async def claims(visit: Visit, region: Region) -> Response:
    """Published figures against what we know."""
    shell, title = await _around(visit, region, "claims")
    found = [
        claim for claim in await visit.reader.reported.claims(region.code) if claim.as_of <= visit.day(region.code)
    ]
    return rendered("claims.html", shell, title=title, claims=found, basis_of=_basis)


async def interventions(visit: Visit, region: Region) -> Response:
    """What each intervention brought, and the outreach days."""
    shell, title = await _around(visit, region, "interventions")
    effects, outreach = await asyncio.gather(
        visit.reader.reported.interventions(region.code, visit.on), visit.reader.reported.outreach(region.code)
    )
    day = visit.day(region.code)
    shown = [row for row in outreach if row.on <= day]
    return rendered("interventions.html", shell, title=title, effects=effects, outreach=shown)


async def trust(visit: Visit, region: Region) -> Response:
    """What contradicts itself, who is silent, and what could not be applied."""
    shell, title = await _around(visit, region, "quality")
    rows, reading, quarantined = await asyncio.gather(
        visit.reader.standings.parts(region.code, visit.on),
        visit.reader.regions.of(region.code, visit.on),
        visit.generation.quarantined(),
    )
    found = quality.checked(rows)
    return rendered(
        "quality.html",
        shell,
        title=title,
        checked=found,
        troubled=sum(bool(one.problems) for one in found),
        reading=reading,
        quarantined=quarantined,
    )


async def _around(visit: Visit, region: Region, page: str) -> tuple[Shell, str]:
    named = visit.say(f"page.{page}")
    return await visit.shell(region.code, Crumb(named, None)), f"{region.name}: {named}"


def _basis(basis: str) -> str:
    """The key of the words for a basis such as ``recorded`` or ``target (national)``."""
    return "claim_basis." + basis.replace(" (", "_").rstrip(")")
