"""The ``eventsourcing`` library with 500 events folded and saved together."""

from __future__ import annotations

from bench.contender import arguments, report
from bench.contenders.eventsourcing_common import run

_CHUNK = 500
_CONFIGURATION = (
    f"eventsourcing 9.5.6, an aggregate a citizen, one save for {_CHUNK} events, the projection after each save"
)


def main() -> None:
    """Run and report."""
    report(run(*arguments(), _CHUNK, _CONFIGURATION))


if __name__ == "__main__":
    main()
