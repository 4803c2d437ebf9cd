"""Where mails lead: the pages, and, where not everybody may see them, with a pass for whoever reads the mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.pages import page_of
from shared.passes import Keys, Pass, link_to
from shared.wilayah import NATION

_QUESTION_LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages at ``url``; with ``keys`` they want a pass, and a link carries one that ``lasts`` so long."""

    url: str
    keys: Keys | None = None
    lasts: timedelta = timedelta()

    def link(self, code: str, reader: str, now: datetime, on: date | None = None) -> str:
        """The link to a region's page, as of a day if one is given, in a mail written at ``now`` (aware) to who answers
        for the region ``reader``. It opens all of that, for whoever has the mail."""
        if self.keys is None:
            return page_of(self.url, code, on)
        content = Pass(regions=(reader,), expires=now.replace(microsecond=0) + self.lasts)
        return link_to(self.url, self.keys, content, page_of("", code, on))

    def token(self, now: datetime) -> str | None:
        """What the notifier shows when it asks about any region itself. With a key that is not the aggregator's it gets
        no answer, tells nobody anything, and so mails no link that would open nothing."""
        if self.keys is None:
            return None
        return self.keys.written("link", Pass(regions=(NATION,), expires=now + _QUESTION_LASTS))
