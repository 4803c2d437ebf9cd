"""One mail per recipient, complete, so that what is tried again later is the same to the last byte."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from services.notifier import letter
from services.notifier.decide import episode_after
from services.notifier.outbox import Entry
from services.notifier.pipeline import Notification
from services.notifier.recipients import Recipient


@dataclass(frozen=True, slots=True)
class Render:
    """Writes the letters. ``domain`` is the right side of the Message-IDs, ``aggregator_url`` where letters link to."""

    domain: str
    aggregator_url: str

    async def __call__(self, notification: Notification) -> Notification:
        """Add one outbox entry per recipient."""
        entries = tuple(self._entry(notification, recipient) for recipient in notification.recipients)
        return replace(notification, entries=entries)

    def _entry(self, notification: Notification, recipient: Recipient) -> Entry:
        standing, reason, now = notification.standing, notification.reason, notification.now
        episode = episode_after(reason, notification.alert)
        message_id = message_id_of(standing.line, episode, reason, recipient.email, self.domain)
        written = letter.write(
            standing,
            reason,
            title=recipient.title,
            message_id=message_id,
            written_at=now,
            aggregator_url=self.aggregator_url,
        )
        return Entry(
            message_id=message_id,
            to=recipient.email,
            line=standing.line,
            region=standing.region,
            episode=episode,
            reason=reason,
            subject=written.subject,
            text=written.text,
            html=written.html,
            standing=standing,
            created_at=now,
            next_attempt_at=now,
        )


def message_id_of(line: str, episode: int, reason: str, email: str, domain: str) -> str:
    """The same for the same telling of the same person, however often it is computed."""
    content = "|".join((line, str(episode), reason, email.lower()))
    return f"<{hashlib.blake2b(content.encode(), digest_size=16).hexdigest()}@{domain}>"
