"""Who is to be told. Without a recipient the alert is not marked as told, so that a later standing decides again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.notifier.pipeline import Ended, Notification
from services.notifier.recipients import Recipients


@dataclass(frozen=True, slots=True)
class Address:
    """Finds the heads of the region."""

    recipients: Recipients

    async def __call__(self, notification: Notification) -> Notification | Ended:
        """End the notification if the region has no recipient."""
        heads = self.recipients.heads(notification.standing.region)
        if not heads:
            return Ended("address", "no_recipient")
        return replace(notification, recipients=heads)
