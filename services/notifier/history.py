"""What was told and said about the alerts of a region: the steps and words of ALERTS as they stand there, with what
became of the mails. Pure.

It is kept in memory while the stream is read, which the notifier does from beginning to end anyway. Reading it when
somebody asks would take several subjects: what became of a mail to the province, and what was said about all of it, lie
under the province's, where most events are digests. A step takes 2.2 kB here with what became of two copies of its
mail, so a year of 514 kab/kota with ten steps each takes 11 MB. Of each kab/kota the newest 200 steps and as many words
are kept, which is twenty such years; ALERTS has all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from typing import TypeVar

from shared.events import OUTCOME_EVENT
from shared.events.outcome import AlertAcknowledged, AlertMailed, AlertSilenced, Mailed, Outcome, OutcomeEvent, Told
from shared.wilayah import kabkota_of, successor_of, within

KEPT = 200
"""How many steps, and how many words, of one kab/kota; of a wider region there are words only."""
_MAILS = 4 * KEPT  # a step has a mail for each of its recipients
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step or a word with its ``sequence`` in ALERTS. ``outcomes`` are those of the copies of its mails so far, by
    Message-ID."""

    sequence: int
    event: Told | AlertAcknowledged | AlertSilenced
    outcomes: Mapping[str, tuple[Outcome, ...]]


class History:
    """The fold over ALERTS, kab/kota by kab/kota."""

    def __init__(self) -> None:
        self._shelves: dict[str, _Shelf] = {}

    def take(self, sequence: int, event: OutcomeEvent, body: bytes) -> None:
        """Keep an event of ALERTS; to be called in the order of the stream. ``body`` is the event as it stands there.
        One that was kept before, because it was published twice, changes nothing."""
        if isinstance(event, AlertMailed):
            self._mailed(event.id, event.data)
        elif isinstance(event, AlertAcknowledged | AlertSilenced):
            region, line = _region(event.data.scope), "/" in event.data.scope
            _put(self._shelf(region).words, event.id, _Kept(sequence, region, not line, body), KEPT)
        elif isinstance(event, Told):
            region = _region(event.data.line)
            _put(self._shelf(region).steps, event.id, _Kept(sequence, region, False, body), KEPT)

    def newest(self, region: str, limit: int) -> list[Recorded]:
        """The newest steps and words about a region and what lies in it, and words about all of a wider one. Newest
        first, in the order of the stream: a clock may have been set back."""
        found = (
            (kept, shelf)
            for code, shelf in self._shelves.items()
            if within(code, region) or within(region, code)
            for kept in shelf.all()
            if kept.concerns(region)
        )
        return [_recorded(kept, shelf) for kept, shelf in nlargest(limit, found, key=lambda pair: pair[0].sequence)]

    def _mailed(self, identity: str, mailed: Mailed) -> None:
        # It may come before the step: mails go out while that is on its way to the stream.
        for code in {_shelf_of(_region(line)) for line in mailed.lines}:
            mails = self._shelf(code).mails
            _put(mails, mailed.mail, {}, _MAILS)
            mails[mailed.mail][identity] = mailed.outcome

    def _shelf(self, region: str) -> _Shelf:
        return self._shelves.setdefault(_shelf_of(region), _Shelf())


@dataclass(frozen=True, slots=True)
class _Kept:
    """A step or a word as bytes, which take a sixth of the room. ``whole``: it is about everything in the region."""

    sequence: int
    region: str
    whole: bool
    body: bytes

    def concerns(self, region: str) -> bool:
        return within(self.region, region) or (self.whole and within(region, self.region))


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Steps and words by id, and by Message-ID the outcomes of the copies by theirs."""

    steps: dict[str, _Kept] = field(default_factory=dict)
    words: dict[str, _Kept] = field(default_factory=dict)
    mails: dict[str, dict[str, Outcome]] = field(default_factory=dict)

    def all(self) -> Iterator[_Kept]:
        yield from self.steps.values()
        yield from self.words.values()


def _recorded(kept: _Kept, shelf: _Shelf) -> Recorded:
    event = OUTCOME_EVENT.validate_json(kept.body, context={"stored": True})
    assert isinstance(event, Told | AlertAcknowledged | AlertSilenced)  # noqa: S101 - only such are kept
    mails = event.data.mails if isinstance(event, Told) else ()
    return Recorded(kept.sequence, event, {mail: tuple(shelf.mails.get(mail, {}).values()) for mail in mails})


def _region(scope: str) -> str:
    """The region of a line or a scope, by the code that it has today."""
    code = scope.partition("/")[0]
    return successor_of(code) or code


def _shelf_of(region: str) -> str:
    return kabkota_of(region) if "." in region else region


def _put(kept: dict[str, Value], key: str, value: Value, most: int) -> None:
    """Add what is not there yet, and let go of the oldest beyond ``most``."""
    kept.setdefault(key, value)
    if len(kept) > most:
        del kept[next(iter(kept))]
