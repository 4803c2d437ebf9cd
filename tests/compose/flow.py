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
VERIFY = "LAJU_MONGO_URL=$(cat /run/secrets/LAJU_MONGO_URL) laju verify"
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
    """Districts that send to ``ingests`` until :meth:`finish`, and again what was not acknowledged."""

    def __init__(self, stack: Stack, ingests: Sequence[str], key: str) -> None:
        self._stack = stack
        self.receipts = Receipts()
        urls = [stack.url(ingest) for ingest in ingests]
        self._load = Load(urls, self.receipts, stream(_SEED, _EVENTS, REGIONS), _SEED, rate=_RATE, key=key)

    @property
    def acknowledged(self) -> int:
        """How many events were accepted so far."""
        return len(self.receipts.acknowledged)

    def goes_on(self, *, events: int = 300, seconds: float = 180) -> None:
        """Return once so many more events were accepted."""
        enough = self.acknowledged + events
        until(lambda: self.acknowledged >= enough, seconds=seconds)

    def is_counted_further(self, aggregator: str, *, seconds: float = 180) -> None:
        """Return once more of it is counted than is now."""
        before = self._counted(aggregator)
        until(lambda: self._counted(aggregator) > before, seconds=seconds)

    def finish(self) -> None:
        """Begin nothing new; everything begun must be accepted."""
        self._load.finish(seconds=300)
        assert self.receipts.wrong == []
        assert self.receipts.sent.keys() == self.receipts.acknowledged

    def _counted(self, aggregator: str) -> int:
        return int(self._stack.get(aggregator, "/v1/progress")["sequence"])

    @contextmanager
    def running(self) -> Iterator[Flow]:
        """It flows meanwhile, and is stopped whatever happens."""
        self._load.start()
        try:
            yield self
        finally:
            self._load.finish(seconds=0)


def assert_counted_once(stack: Stack, aggregator: str, receipts: Receipts) -> int:
    """Every figure of every day is that of the events that were accepted; returns how many there are."""

    def caught_up() -> bool:
        progress = stack.get(aggregator, "/v1/progress")
        return bool(progress["lag_events"] == 0 and progress["assessments_pending"] == 0)

    until(caught_up, seconds=300)
    oracle = Oracle(receipts.sent.values())
    for region in REGIONS:
        for programme in ("ikd", "perekaman"):
            daily = stack.get(aggregator, f"/v1/regions/{region}/daily", programme=programme)["days"]
            days = {date.fromisoformat(day["date"]): day["change"] for day in daily}
            assert days == oracle.days(region, programme), (region, programme)
            assert sum(days.values()) == oracle.total(region, programme)
    return len(receipts.acknowledged)
