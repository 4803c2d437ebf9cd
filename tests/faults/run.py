"""A run: the seeded schedule of faults under load, then quiet, then the invariants, then the report."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults import invariants
from tests.faults.alerts import Heads
from tests.faults.catalogue import FAULTS, Fault
from tests.faults.load import Load, Receipts, stream
from tests.faults.watch import Watch
from tests.faults.world import World, world

REGIONS = ("51.71", "51.03", "35.73", "35.78", "36.04", "17.71", "91.71", "96.71", "64.72", "12.71")
HEADS = ("36.04", "17.71", "91.71")


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that was injected, and how long a partition stood still that stopped between it and the next one."""

    fault: Fault
    still_seconds: float


@dataclass
class Report:
    """What came of a run. ``differences`` is what the invariants found, empty if all hold."""

    seed: int
    injected: list[Injected] = field(default_factory=list)
    acknowledged: int = 0
    retries: int = 0
    envelopes: int = 0
    deliveries: int = 0
    mails: int = 0
    uncertain: int = 0
    longest_still_seconds: float = 0.0
    quiet_seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def table(self) -> str:
        """As text: a row for each kind of fault, then the sums."""
        kinds: defaultdict[str, list[Injected]] = defaultdict(list)
        for injected in self.injected:
            kinds[injected.fault.name].append(injected)
        rows = [f"{'fault':<42}{'times':>6}{'longest still':>15}"]
        rows += [
            f"{name:<42}{len(found):>6}{max(each.still_seconds for each in found):>13.1f} s"
            for name, found in sorted(kinds.items())
        ]
        rows += [
            "",
            f"seed {self.seed}: {len(self.injected)} faults, {self.acknowledged} events acknowledged, "
            f"{self.retries} requests sent again,",
            f"{self.envelopes} envelopes delivered {self.deliveries} times "
            f"({max(self.deliveries - self.envelopes, 0)} redeliveries),",
            f"{self.mails} mails ({self.uncertain} uncertain),",
            f"quiet {self.quiet_seconds:.1f} s after the last fault, a region stood still for at most "
            f"{self.longest_still_seconds:.1f} s,",
            f"{len(self.differences)} differences",
            *(f"  note: {note}" for note in self.notes),
            *(f"  DIFFERENCE: {difference}" for difference in self.differences),
        ]
        return "\n".join(rows)


Planned = tuple[float, Fault, Random]


def schedule(seed: int, faults: Sequence[Fault]) -> Iterator[Planned]:
    """An endless schedule: the pause before each fault (seconds), the fault, its own generator. Every fault comes
    once before any comes again."""
    rng = Random(f"{seed}/schedule")
    number = 0
    while True:
        for fault in rng.sample(list(faults), len(faults)):
            number += 1
            yield rng.uniform(0.3, 3.0), fault, Random(f"{seed}/{number}/{fault.name}")


def run(
    folder: Path,
    seed: int,
    *,
    faults: Sequence[Fault] = FAULTS,
    minutes: float | None = None,
    rate: float = 250,
    quiet_seconds: float = 150,
    cluster: bool = False,
    say: Callable[[str], None] = print,
) -> Report:
    """Inject ``faults`` for so many minutes, or each of them once, under ``rate`` events a second; then check. With a
    ``cluster``, NATS is three servers."""
    say(f"seed {seed}: logs in {folder}")
    report, receipts = Report(seed), Receipts()
    with world(folder, HEADS, cluster=cluster) as here:
        load = Load(here.url("ingest"), receipts, stream(seed, _events(minutes, rate), REGIONS), seed, rate=rate)
        heads, watch = Heads(here, receipts, HEADS, seed), Watch(here)
        with _at_work(load, heads, watch):
            spans = _inject(here, seed, faults, minutes, say)
            calm = time.monotonic()
            load.finish(seconds=60)
            heads.finish(seconds=quiet_seconds)
            wrong = [*receipts.wrong, *heads.wrong, *invariants.wait_for_quiet(here, seconds=quiet_seconds)]
            report.quiet_seconds = time.monotonic() - calm
        report.differences = invariants.shortened(wrong) + _differences(here, report, receipts, heads)
        report.deliveries = watch.deliveries()
        ends = [*(began for _, began in spans[1:]), float("inf")]
        report.injected = [
            Injected(fault, watch.longest(began, end)) for (fault, began), end in zip(spans, ends, strict=False)
        ]
        report.longest_still_seconds = max((still.seconds for still in watch.stills), default=0.0)
    report.differences += here.wrong  # from its end, too
    report.differences += [f"process {pid} is left over" for pid in here.left_over()]
    report.notes = here.notes
    return report


@contextmanager
def _at_work(load: Load, heads: Heads, watch: Watch) -> Iterator[None]:
    """All of them at work; none is when it is over, whatever happened."""
    load.start()
    heads.start()
    watch.start()
    try:
        yield
    finally:
        load.finish(seconds=0)
        heads.finish(seconds=0)
        watch.finish()


def _events(minutes: float | None, rate: float) -> int:
    """More than can be sent in the time."""
    return int(rate * ((minutes or 3) * 60 + 120))


def _inject(
    here: World, seed: int, faults: Sequence[Fault], minutes: float | None, say: Callable[[str], None]
) -> list[tuple[Fault, float]]:
    began = time.monotonic()
    spans = []
    for number, (pause, fault, rng) in enumerate(schedule(seed, faults)):
        here.last(pause)
        now = time.monotonic()
        if (minutes is None and number == len(faults)) or (minutes is not None and now - began > minutes * 60):
            break
        say(f"{now - began:7.1f} s  {fault.name}")
        fault.inject(here, rng)
        spans.append((fault, now))
    return spans


def _differences(here: World, report: Report, receipts: Receipts, heads: Heads) -> list[str]:
    found = invariants.stored(here)
    report.acknowledged, report.retries = len(receipts.acknowledged), receipts.retries
    report.envelopes, report.mails = found.messages, len(heads.told)
    report.uncertain = invariants.uncertain_mails(here)
    checks = (
        invariants.accepted_is_stored(receipts, found, here.poisoned),
        invariants.projection_is_the_oracle(here, found),
        invariants.readers_see_it(here, found),
        invariants.consumers_are_drained(here),
        invariants.poison_is_in_quarantine(here),
        invariants.each_alert_was_mailed_once(here, heads.told),
        invariants.heads_stand_as_told(here, heads.standing()),
    )
    return [difference for differences in checks for difference in invariants.shortened(differences)]
