"""What each recipient will read, put together: the notice, before a word of it is written."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.notifier.contents import Links, Notice, Reason, Telling
from services.notifier.links import Act, Grant
from services.notifier.links import Links as SignedLinks
from services.notifier.pages import Pages
from services.notifier.pipeline import Case, Due
from services.notifier.read_api import ReadApi, ReadApiUnavailableError
from services.notifier.recipient import Recipient
from services.notifier.steps import step_id
from shared.briefing import Briefing
from shared.wilayah import zone_of

log = logging.getLogger(__name__)
_TO_ANSWER = frozenset({Reason.FIRST, Reason.WORSENED, Reason.REPEAT, Reason.NO_DATA, Reason.ESCALATED})
_VALID = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Render:
    """``domain`` is the right side of the Message-IDs."""

    domain: str
    pages: Pages
    links: SignedLinks
    read_api: ReadApi

    async def __call__(self, case: Case) -> Case:
        """Add a notice for each recipient."""
        tellings = tuple([await self._telling(due, case) for due in case.due])
        steps = [step_id(due.line, due.reason) for due in case.due]
        notices = tuple(
            Notice(
                message_id=message_id_of(steps, recipient.email, self.domain),
                recipient=recipient,
                written_at=case.now.astimezone(_zone(recipient)),
                tellings=tellings,
            )
            for recipient in case.recipients
        )
        return replace(case, notices=notices)

    async def _telling(self, due: Due, case: Case) -> Telling:
        standing, state = due.line.standing, due.line.state
        return Telling(
            reason=due.reason,
            standing=standing,
            rule=due.decision.rule,
            links=self._links(due, case),
            told=state.told if state.open else None,
            then=due.then,
            since=state.first_at.astimezone(zone_of(standing.region)).date() if state.open and state.first_at else None,
            briefing=await self._briefing(due),
        )

    async def _briefing(self, due: Due) -> Briefing | None:
        try:
            return await self.read_api.briefing(due.line.standing)
        except ReadApiUnavailableError as error:
            # The notice is true without it, and must not wait for it.
            log.warning("the notice about %s goes without what lies behind it: %s", due.line.name, error)
            return None

    def _links(self, due: Due, case: Case) -> Links:
        standing, state = due.line.standing, due.line.state
        page = self.pages.link(standing.region, case.region, case.now, standing.on)
        if due.reason not in _TO_ANSWER:
            return Links(page)
        begins = due.reason in (Reason.FIRST, Reason.NO_DATA) and not (state.open and state.about is due.reason)
        episode = state.episode + 1 if begins else state.episode

        def to(act: Act) -> str:
            grant = Grant(act=act, line=due.line.name, episode=episode, expires=case.now + _VALID)
            return self.links.to(grant)

        return Links(page, acknowledge=to("acknowledge"), silence=to("silence"))


def message_id_of(steps: list[str], email: str, domain: str) -> str:
    """The same for the same telling of the same person, however often it is computed."""
    content = "|".join([*sorted(steps), email.lower()])
    return f"<{hashlib.blake2b(content.encode(), digest_size=16).hexdigest()}@{domain}>"


def _zone(recipient: Recipient) -> ZoneInfo:
    return zone_of(recipient.region)
