"""A steady flow of events through a stack, and the counts that must come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from tests.compose.stack import Stack
from tests.events import event, target
from tests.faults.load import Load, RawEvent, Receipts, stream
from tests.oracle import Oracle
from tests.waiting import until

REGIONS = ("51.03", "35.73", "35.78", "36.04", "17.71", "91.71")
_RATE = 60
_EVENTS = 200_000  # more than can be sent
_SEED = 8


def behind(region: str) -> list[RawEvent]:
    """Facts by which a region is far behind its target on the business date."""
    return [
        event("wajib_ktp.reported", region=region, as_of="2024-06-01", count=1_200_000, source="siak"),
        event("baseline.reported", region=region, as_of="2023-12-31", activated=60_000),
        event("baseline.reported", region=region, as_of="2024-06-25", activated=91_000),
        target(region, 30),
    ]


class Flow:
    """Districts that send to ``ingests`` while it is :meth:`running`, and again what was not acknowledged."""

    def __init__(self, stack: Stack, ingests: Sequence[str], key: str) -> None:
        self._stack = stack
        self._key = key
        self._urls = [stack.url(ingest) for ingest in ingests]
        self._events = stream(_SEED, _EVENTS, REGIONS)
        self.receipts = Receipts()

    @property
    def acknowledged(self) -> int:
        """How many events were accepted so far."""
        return len(self.receipts.acknowledged)

    @contextmanager
    def running(self) -> Iterator[None]:
        """It flows meanwhile. In the end nothing new is begun, and everything that was begun must be accepted."""
        load = Load(self._urls, self.receipts, self._events, _SEED, rate=_RATE, key=self._key)
        load.start()
        try:
            yield
            load.finish(seconds=300)
        finally:
            load.finish(seconds=0)
        assert self.receipts.wrong == []
        assert self.receipts.sent.keys() == self.receipts.acknowledged

    def goes_on(self, *, events: int = 300, seconds: float = 180) -> None:
        """Return once so many more events were accepted."""
        enough = self.acknowledged + events
        until(lambda: self.acknowledged >= enough, seconds=seconds)

    def is_counted_further(self, aggregator: str, *, seconds: float = 180) -> None:
        """Return once more of it is counted than is now."""
        before = self._counted(aggregator)
        until(lambda: self._counted(aggregator) > before, seconds=seconds)

    def _counted(self, aggregator: str) -> int:
        return int(self._stack.get(aggregator, "/v1/progress")["sequence"])


def assert_counted_once(stack: Stack, aggregator: str, receipts: Receipts) -> int:
    """Every figure of every day is that of the events that were accepted; returns the sum of all."""

    def caught_up() -> bool:
        progress = stack.get(aggregator, "/v1/progress")
        return bool(progress["lag_events"] == 0 and progress["assessments_pending"] == 0)

    until(caught_up, seconds=300)
    oracle = Oracle(receipts.sent.values())
    counted = 0
    for region in REGIONS:
        for programme in ("ikd", "perekaman"):
            daily = stack.get(aggregator, f"/v1/regions/{region}/daily", programme=programme)["days"]
            days = {date.fromisoformat(day["date"]): day["change"] for day in daily}
            assert days == oracle.days(region, programme), (region, programme)
            assert sum(days.values()) == oracle.total(region, programme)
            counted += sum(days.values())
    return counted
