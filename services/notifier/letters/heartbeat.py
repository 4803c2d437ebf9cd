"""The heartbeat: the daily sign to operations that the sender is alive, with its figures and warnings."""

from __future__ import annotations

from services.notifier.contents import Heartbeat
from services.notifier.letters.letter import Letter
from services.notifier.letters.register import mark, one_line
from services.notifier.letters.rendering import rendered
from services.notifier.letters.wording import wording_in
from shared.wilayah import zone_of


def write_heartbeat(heartbeat: Heartbeat) -> Letter:
    """A plain mail in the recipient's language; whole numbers among the figures get its form."""
    say = wording_in(heartbeat.recipient.language)
    written = heartbeat.written_at.astimezone(zone_of(heartbeat.recipient.region))
    warned = len(heartbeat.warnings)
    state = say("subject.heartbeat_warned", count=say.number(warned)) if warned else say("subject.heartbeat_well")
    subject = one_line(
        say("subject.heartbeat", mark=mark(say, simulated=False), day=say.day(written.date()), state=state)
    )
    alive = say("heartbeat.alive", moment=say.moment(written))
    context = {
        "say": say,
        "subject": subject,
        "simulated": False,
        "date": say.day(written.date()),
        "preview": alive,
        "alive": alive,
        "figures": [
            (label, say.number(value) if isinstance(value, int) else value)
            for label, value in heartbeat.figures.items()
        ],
        "warnings": heartbeat.warnings,
        "message_id": heartbeat.message_id,
    }
    text, html = rendered("heartbeat", context)
    return Letter(subject, text, html)
