"""The alert's new state and its mails, written in the transaction that decided them."""

from __future__ import annotations

from services.notifier.decide import Reason, episode_after
from services.notifier.outbox import put
from services.notifier.pipeline import Notification
from services.notifier.stages.decide import ALERTS
from shared.database import update


async def enqueue(notification: Notification) -> Notification:
    """Mark the alert as told and put the mails into the outbox; a mail that is there already stays as it is."""
    told = {
        "open": notification.reason is Reason.FIRST,
        "episode": episode_after(notification.reason, notification.alert),
        "told_at": notification.now,
    }
    await notification.session.write(ALERTS, [update(notification.standing.line, {"$set": told})])
    await put(notification.session, notification.entries)
    return notification
