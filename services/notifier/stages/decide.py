"""Read what is known of the alert, decide, and remember which standing was decided on, whatever was decided."""

from __future__ import annotations

from dataclasses import replace

from services.notifier.decide import AlertState, Reason, decide, supersedes
from services.notifier.pipeline import Ended, Notification
from shared.database import Document, update

ALERTS = "alerts"


async def decide_on_alert(notification: Notification) -> Notification | Ended:
    """End the notification if there is nothing to tell."""
    standing, session = notification.standing, notification.session
    found = await session.by_ids(ALERTS, [standing.line])
    alert = _alert(found[standing.line]) if standing.line in found else None
    reason = decide(standing, alert)
    if supersedes(standing, alert):
        # Also when nothing is told: a standing delivered late must not undo the decision on a later one.
        seen: Document = {"revision": standing.revision, "status": standing.status}
        if standing.status == "no_target" and alert is not None:
            # The target was withdrawn: there is no line to be back on, so the alert ends without a mail.
            seen["open"] = False
        born = {"region": standing.region, "episode": 0} | ({} if "open" in seen else {"open": False})
        await session.write(ALERTS, [update(standing.line, {"$set": seen, "$setOnInsert": born})])
    if reason is Reason.NONE:
        return Ended("decide", "nothing_to_tell")
    return replace(notification, alert=alert, reason=reason)


def _alert(document: Document) -> AlertState:
    return AlertState(open=document["open"], episode=document["episode"], revision=document["revision"])
