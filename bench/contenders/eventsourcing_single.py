"""The ``eventsourcing`` library with one save an event."""

from __future__ import annotations

from bench.contender import arguments, report
from bench.contenders.eventsourcing_common import run

_CONFIGURATION = "eventsourcing 9.5.6, an aggregate a citizen, one save an event, the projection after each save"


def main() -> None:
    """Run and report."""
    report(run(*arguments(), 1, _CONFIGURATION))


if __name__ == "__main__":
    main()
