"""What an entry of the outbox says of its letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifier.contents import Notice, Telling
from services.notifier.delivery.outbox import Entry
from services.notifier.post import written
from tests.unit.notifier.letters.samples import FIRST, MESSAGE_ID, ROWS, WRITTEN_AT, digest, heartbeat, recipient

KOTA = FIRST.standing
NARROW = tuple(KOTA.model_copy(update={"region": region}) for region in ("36.04.05", "36.04.05.2001"))
assert FIRST.briefing is not None
HIDING = tuple(
    replace(FIRST, briefing=FIRST.briefing.model_copy(update={"hides_below": smallest})) for smallest in (0, 5, 10)
)
WITHOUT = replace(FIRST, briefing=None)
ABOUT_NARROW = tuple(replace(HIDING[2], standing=standing) for standing in NARROW)


@pytest.mark.parametrize(
    ("tellings", "hides_below"),
    [
        ((WITHOUT,), None),
        ((HIDING[0],), 0),
        ((HIDING[1],), 5),
        ((HIDING[2], HIDING[1]), 5),
        ((HIDING[1], WITHOUT), 5),
        ((HIDING[2], ABOUT_NARROW[0]), 0),
        ((ABOUT_NARROW[1],), 0),
        ((WITHOUT, replace(ABOUT_NARROW[0], briefing=None)), 0),
    ],
)
def test_a_notice_hides_as_much_as_the_least_of_what_it_tells(
    tellings: tuple[Telling, ...], hides_below: int | None
) -> None:
    (entry,) = written(Notice(MESSAGE_ID, recipient(), WRITTEN_AT, tellings))

    assert entry.hides_below == hides_below


def test_a_digest_or_a_heartbeat_has_nothing_to_hide() -> None:
    assert [entry.hides_below for content in (digest(*ROWS), heartbeat()) for entry in written(content)] == [None, None]


def test_an_entry_that_does_not_say_hides_nothing() -> None:
    (entry,) = written(digest(*ROWS))
    document = entry.document()
    assert Entry.read(dict(document)) == entry
    del document["hides_below"]
    assert Entry.read(document).hides_below == 0
