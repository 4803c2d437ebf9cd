"""Only lines of a kab/kota mail: kecamatan and desa ride in their kota's mail, provinces and the nation have no line
of their own to answer for."""

from __future__ import annotations

from services.notifier.pipeline import Ended, Notification
from shared.wilayah import Level, level_of


async def inhibit(notification: Notification) -> Notification | Ended:
    """End the notification unless it is about a kab/kota."""
    if level_of(notification.standing.region) is not Level.KABKOTA:
        return Ended("inhibit", "not_kabkota")
    return notification
