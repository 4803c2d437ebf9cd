"""The wall clock of the services, in the test's hand: libfaketime, with time running on from wherever it is set.

A process looks at most a second late (looking at every call costs half as much again as everything else):
:meth:`Clock.is_seen_by` says when it has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

# Python sleeps until a monotonic moment, which libfaketime 0.9.10 counts from its own: drivers' threads would end.
_SLEEP = """\
import threading
import time

time.sleep = lambda seconds: threading.Event().wait(seconds)
"""
_CLOSE = timedelta(seconds=5)


def library() -> Path | None:
    """The library that fakes the time, where LAJU_TEST_FAKETIME says, such as libfaketime.so.1 of Debian's package
    libfaketime; ``None`` if it does not say: these runs take minutes."""
    named = Path(os.environ.get("LAJU_TEST_FAKETIME", "/none"))
    return named if named.is_file() else None


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of every process that is started with :meth:`settings`. Durations stay true: only the date is ours."""

    file: Path

    def set(self, moment: datetime) -> None:
        """From now on it is this (aware) ``moment``, and time runs on from it."""
        self._say(f"{(moment - datetime.now(UTC)).total_seconds():+.3f}")

    def stop(self, moment: datetime) -> None:
        """It is this (aware) ``moment`` and stays so."""
        self._say(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")

    def move(self, by: timedelta) -> None:
        """Forward, or back, as when somebody sets the clock of a running machine."""
        self.set(self.now() + by)

    def now(self) -> datetime:
        """What it shows."""
        text = self.file.read_text().strip()
        if text[0] in "+-":
            return datetime.now(UTC) + timedelta(seconds=float(text))
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def is_seen_by(self, *addresses: str) -> bool:
        """Whether the services at these addresses go by what it shows now: each answer says when it was given."""
        said = [parsedate_to_datetime(httpx.get(f"{address}/livez").headers["Date"]) for address in addresses]
        return all(abs(moment - self.now()) < _CLOSE for moment in said)

    def settings(self) -> dict[str, str]:
        """What a process needs in its environment to go by this clock."""
        found = library()
        assert found is not None
        start = self.file.parent / "faketime"
        start.mkdir(exist_ok=True)
        (start / "sitecustomize.py").write_text(_SLEEP)
        return {
            "LD_PRELOAD": str(found),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": os.pathsep.join([str(start), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "TZ": "UTC",
        }

    def _say(self, text: str) -> None:
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{text}\n")
        beside.replace(self.file)  # whoever reads the clock meanwhile reads a whole one
