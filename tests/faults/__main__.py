"""``python -m tests.faults --seed 7 --minutes 3``: the long run. Exits 1 if anything differs and keeps the logs."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.faults.catalogue import BY_NAME
from tests.faults.cluster import CLUSTER_FAULTS
from tests.faults.run import run


def main() -> int:
    """Read the arguments, run, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(100_000), help="what to repeat a run by")
    parser.add_argument("--minutes", type=float, help="how long faults are injected; each once if left out")
    parser.add_argument("--rate", type=float, default=250, help="events a second")
    parser.add_argument("--only", action="append", choices=sorted(BY_NAME), help="this fault only; may be repeated")
    parser.add_argument("--cluster", action="store_true", help="three NATS servers, and the faults of such a cluster")
    parser.add_argument("--keep", action="store_true", help="keep the logs and stores in any case")
    asked = parser.parse_args()
    # Told to end, the run still ends every process it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    faults = CLUSTER_FAULTS if asked.cluster else [BY_NAME[name] for name in asked.only or BY_NAME]
    folder = Path(tempfile.mkdtemp(prefix=f"laju-faults-{asked.seed}-"))
    report = run(folder, asked.seed, faults=faults, minutes=asked.minutes, rate=asked.rate, cluster=asked.cluster)
    print(report.table())
    if report.differences or asked.keep:
        print(f"logs and stores are in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
