"""As :mod:`bench.contenders.laju_bus`, with two aggregators, one for each core."""

from __future__ import annotations

from bench.contender import arguments, report
from bench.contenders.laju_bus import project


def main() -> None:
    """Run with what the command line says."""
    report(project(*arguments(), aggregators=2).ran)


if __name__ == "__main__":
    main()
