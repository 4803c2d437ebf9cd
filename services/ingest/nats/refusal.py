"""What a district is told over the bus of a message of which not everything came in."""

from __future__ import annotations

from services.ingest.receipt import Receipt


class RefusedMessage(Receipt):
    """One message on ``rejected.<region>``: how many of its events were stored, and the others with every error.

    ``sequence`` is the message's position in the stream it was copied from, or in INTAKE if it was put there directly;
    ``message_id`` its ``Nats-Msg-Id``, if it had one. ``problem`` says why nothing of it could be read at all.
    """

    region: str
    sequence: int
    message_id: str | None
    problem: str | None
