"""By the clock and not by a fixed business date: midnights, a leap day, office hours, a clock that is set wrongly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext

from shared import bus
from shared.wilayah import zone_of
from tests.e2e.clock import Clock, library
from tests.e2e.pipeline import Pipeline, pipeline, recipients
from tests.events import citizen, event, target
from tests.servers import BIN, Process, free_port, is_ready, listens, running
from tests.waiting import until

pytestmark = pytest.mark.skipif(
    library() is None, reason="libfaketime is not installed (Debian: libfaketime, or LAJU_TEST_FAKETIME names the file)"
)

JAYAPURA, SERANG = "91.71", "36.04"
NAMES = {JAYAPURA: "Kota Jayapura", SERANG: "Kabupaten Serang"}
LOOKS = "laju_notifier_digest_looks_total"
_SATURDAY = "5"  # no test runs on one: no digest is due


def at(region: str, text: str) -> datetime:
    """The moment at which the clock on the wall of an office shows this."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(region))


@contextmanager
def laju_by_the_clock(folder: Path, clock: Clock, **settings: str) -> Iterator[Pipeline]:
    """Laju with the heads of both regions, in real working hours unless ``settings`` say otherwise."""
    settings = {"LAJU_MAIL_ANY_TIME": "", "LAJU_DIGEST_WEEKDAY": _SATURDAY, **clock.settings(), **settings}
    with pipeline(folder, as_of="", heads=NAMES, **settings) as running:
        yield running


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


def far_behind(region: str, day: date) -> list[dict[str, Any]]:
    """What makes a region one whose head is to be told at once, as reported on the day before ``day``."""
    reported = day - timedelta(days=1)
    common = {"region": region, "time": f"{reported}T10:00:00+07:00", "system": f"siak/{region}"}
    return [
        event("wajib_ktp.reported", as_of=f"{reported}", count=900_000, source="siak", **common),
        event("baseline.reported", as_of=f"{day.year - 1}-12-31", activated=10_000, **common),
        event("baseline.reported", as_of=f"{reported}", activated=11_000, **common),
        target(region, 300_000, basis="absolute", system=f"siak/{region}", time=common["time"],
               start_on=f"{day.year}-01-01", due_on=f"{day.year}-12-31", effective_on=f"{day.year}-01-01"),
    ]  # fmt: skip


def activation(number: int, region: str, moment: datetime) -> dict[str, Any]:
    """One resident of a region, at the counter of their own office."""
    return event(
        "ikd.activated", citizen=citizen(number), home=region, service=region, channel="office",
        time=moment.isoformat(), system=f"siak/{region}",
    )  # fmt: skip


def assessed(laju: Pipeline, region: str) -> list[dict[str, Any]]:
    """Every standing of the region's IKD target that PACE ever told, in its order."""

    async def read(js: JetStreamContext) -> list[dict[str, Any]]:
        last = (await js.stream_info(bus.PACE)).state.last_seq
        messages = [await js.get_msg(bus.PACE, sequence) for sequence in range(1, last + 1)]
        return [json.loads(message.data or b"")["data"] for message in messages]

    return [row for row in laju.on_bus(read) if row["region"] == region and "target" in row]


def days(laju: Pipeline, region: str) -> list[str]:
    """The business dates of what PACE told of a region, in its order."""
    return [row["on"] for row in assessed(laju, region)]


def contents(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What each standing says, but for where and when it was computed."""
    unsaid = {"sequence", "revision", "projection"}
    return [json.dumps({key: row[key] for key in sorted(row.keys() - unsaid)}) for row in rows]


def handed_over(laju: Pipeline) -> int:
    """How often a mail was handed to the relay. Every mail that arrived is one file, however often it came."""
    return sum(mail["attempts"] for mail in laju.http.get(f"{laju.notifier}/v1/mails").json()["mails"])


def ready(laju: Pipeline, name: str) -> None:
    """Return once a service that was started is ready."""
    address = {"aggregator": laju.aggregator, "notifier": laju.notifier}[name]
    until(partial(is_ready, int(address.rpartition(":")[2])), seconds=40)


def goes_by(laju: Pipeline, clock: Clock) -> None:
    """Return once all services have seen that the clock was set."""
    until(partial(clock.is_seen_by, laju.ingest, laju.aggregator, laju.notifier))


def is_alive(laju: Pipeline) -> bool:
    """Whether no service has ended."""
    return all(process.child is not None and process.child.poll() is None for process in laju.services.values())


@pytest.mark.parametrize(("here", "there"), [(JAYAPURA, SERANG), (SERANG, JAYAPURA)])
def test_the_business_date_changes_at_a_regions_own_midnight(
    tmp_path: Path, clock: Clock, here: str, there: str
) -> None:
    """In Jayapura it is midnight two hours before it is in Serang."""
    clock.set(at(here, "2024-06-26T21:30"))
    day_there = at(here, "2024-06-26T23:59:57").astimezone(zone_of(there)).date()
    with laju_by_the_clock(tmp_path, clock, LAJU_MAIL_ANY_TIME="true") as laju:
        laju.send(*far_behind(here, date(2024, 6, 26)), *far_behind(there, date(2024, 6, 26)))
        laju.settle()
        assert len(laju.mails()) == 2
        laju.services["aggregator"].end()
        clock.stop(at(here, "2024-06-26T23:59:57"))  # so that it is up before midnight, however slow the machine
        laju.services["aggregator"].start()
        ready(laju, "aggregator")
        laju.settle()
        assert (days(laju, here)[-1], days(laju, there)[-1]) == ("2024-06-26", str(day_there))
        clock.set(at(here, "2024-06-26T23:59:57"))
        until(lambda: days(laju, here)[-1] == "2024-06-27")
        laju.settle()
        assert days(laju, there)[-1] == str(day_there)
        assert laju.standing(here, programme="ikd")["on"] == "2024-06-27"
        assert laju.standing(there, programme="ikd")["on"] == str(day_there)
        for region in NAMES:
            told = contents(assessed(laju, region))
            assert len(told) == len(set(told))
        assert (len(laju.mails()), handed_over(laju)) == (2, 2)


def test_a_leap_day_is_a_day_like_any_other(tmp_path: Path, clock: Clock) -> None:
    clock.set(at(JAYAPURA, "2024-02-29T10:00"))
    with laju_by_the_clock(tmp_path, clock) as laju:
        laju.send(
            *far_behind(JAYAPURA, date(2024, 2, 28)),
            activation(1, JAYAPURA, at(JAYAPURA, "2024-02-28T23:59:59")),
            activation(2, JAYAPURA, at(JAYAPURA, "2024-02-29T00:00")),  # in UTC it is the 28th
            activation(3, JAYAPURA, at(JAYAPURA, "2024-02-29T09:59:59")),
        )
        laju.settle()
        daily = laju.read(f"regions/{JAYAPURA}/daily", programme="ikd", **{"from": "2024-02-28", "to": "2024-02-29"})
        assert [(row["date"], row["change"]) for row in daily["days"]] == [("2024-02-28", 1), ("2024-02-29", 2)]
        standing = laju.standing(JAYAPURA, programme="ikd")
        assert (standing["on"], standing["elapsed_days"], standing["total_days"]) == ("2024-02-29", 60, 366)
        (mail,) = laju.mails_about(NAMES[JAYAPURA])
        text = mail.get_body(("plain",))
        assert text is not None
        assert "29 Februari 2024" in text.get_content()
        sent = mail["Date"].datetime.astimezone(zone_of(JAYAPURA))
        assert (sent.date(), sent.hour) == (date(2024, 2, 29), 10)


def test_what_is_decided_at_night_goes_when_the_office_of_the_region_opens(tmp_path: Path, clock: Clock) -> None:
    """At eight in Jayapura it is six in Serang."""
    clock.set(at(JAYAPURA, "2024-06-27T06:30"))
    with laju_by_the_clock(tmp_path, clock) as laju:
        for region in NAMES:
            laju.send(*far_behind(region, date(2024, 6, 26)))
        laju.settle()
        assert laju.mails() == []
        for region, before in ((JAYAPURA, 0), (SERANG, 1)):
            opens = at(region, "2024-06-27T08:00")
            laju.services["notifier"].end()
            clock.set(opens - timedelta(seconds=10))
            laju.services["notifier"].start()
            until(lambda before=before: len(laju.mails()) > before, seconds=40)  # type: ignore[misc]
            laju.settle()
            (mail,) = laju.mails_about(NAMES[region])
            assert opens <= mail["Date"].datetime < opens + timedelta(minutes=1)
            assert (len(laju.mails()), handed_over(laju)) == (before + 1, before + 1)


def looked_for_digests(laju: Pipeline) -> bool:
    """Whether the notifier has looked, since it started, for digests and heartbeats that are due."""
    lines = laju.http.get(f"{laju.notifier}/metrics").text.splitlines()
    return any(line.startswith(LOOKS) and float(line.split()[1]) > 0 for line in lines)


def test_a_clock_that_is_a_day_off_for_a_while_mails_nothing_twice(tmp_path: Path, clock: Clock) -> None:
    """A day ahead and back again, with events, a new shortfall and restarts meanwhile; then the day comes."""
    heads = tmp_path / "heads.toml"
    operations = '\n[[recipient]]\nregion = "ID"\nrole = "operations"\ntitle = "Jaga"\nemail = "jaga@laju.example"\n'
    heads.write_text(recipients(NAMES) + operations)
    clock.set(at(SERANG, "2024-06-26T10:00"))
    numbers = count(1)

    with laju_by_the_clock(tmp_path, clock, LAJU_RECIPIENTS=str(heads)) as laju:

        def subjects() -> list[str]:
            return sorted(mail["Subject"] for mail in laju.mails())

        def passes(day: str) -> None:
            """Something is done in both regions; then the notifier starts anew on that day."""
            goes_by(laju, clock)
            laju.send(*(activation(next(numbers), region, at(region, "2024-06-26T09:00")) for region in NAMES))
            laju.settle()
            assert is_alive(laju)
            assert [days(laju, region)[-1] for region in NAMES] == [day, day]
            laju.services["notifier"].end()
            laju.services["notifier"].start()
            ready(laju, "notifier")
            until(partial(looked_for_digests, laju))
            laju.settle()

        laju.send(*far_behind(SERANG, date(2024, 6, 26)))
        until(lambda: len(subjects()) == 2)  # the notice and the heartbeat
        clock.move(timedelta(days=1))
        laju.send(*far_behind(JAYAPURA, date(2024, 6, 26)))
        passes("2024-06-27")
        told = subjects()
        assert len(told) == 4
        ahead = {region: assessed(laju, region)[-1]["revision"] for region in NAMES}
        clock.move(-timedelta(days=1))
        passes("2024-06-26")
        # Back by a day, revisions go on from where they were, one by one.
        assert all(0 < assessed(laju, region)[-1]["revision"] - ahead[region] < 10 for region in NAMES)
        clock.move(timedelta(days=1))
        passes("2024-06-27")
        assert subjects() == told
        assert handed_over(laju) == 4
        for region in NAMES:
            revisions = [row["revision"] for row in assessed(laju, region)]
            assert revisions == sorted(set(revisions))


def test_an_office_opens_while_the_machine_is_suspended(tmp_path: Path, clock: Clock) -> None:
    """The clock goes on meanwhile, and whatever counts durations does not."""
    clock.set(at(JAYAPURA, "2024-06-27T06:30"))
    with laju_by_the_clock(tmp_path, clock) as laju:
        laju.send(*far_behind(JAYAPURA, date(2024, 6, 26)))
        laju.settle()
        assert laju.mails() == []
        clock.set(at(JAYAPURA, "2024-06-27T08:00"))
        until(lambda: len(laju.mails()) == 1, seconds=40)


@pytest.mark.parametrize("other_day", ["2024-06-27", "2024-06-25"])
def test_the_business_date_follows_a_clock_that_is_set(tmp_path: Path, clock: Clock, other_day: str) -> None:
    """Also if nothing is reported: forward over a midnight, as after a suspension, and back."""
    clock.set(at(JAYAPURA, "2024-06-26T12:00"))
    with laju_by_the_clock(tmp_path, clock) as laju:
        laju.send(*far_behind(JAYAPURA, date(2024, 6, 25)))
        laju.settle()
        assert days(laju, JAYAPURA)[-1] == "2024-06-26"
        clock.set(at(JAYAPURA, f"{other_day}T12:00"))
        until(lambda: days(laju, JAYAPURA)[-1] == other_day, seconds=40)


def test_what_waits_for_the_relay_does_not_wait_for_a_clock_that_is_set_right(tmp_path: Path, clock: Clock) -> None:
    """While the relay is away, the clock is a day ahead: the next try is in a moment, and not a day after it."""
    port = free_port()
    clock.set(at(SERANG, "2024-06-27T10:00"))
    settings = {"LAJU_SMTP_URL": f"smtp://127.0.0.1:{port}", "LAJU_RETRY_FIRST_SECONDS": "1"}
    with laju_by_the_clock(tmp_path, clock, **settings) as laju:
        laju.send(*far_behind(SERANG, date(2024, 6, 26)))
        until(lambda: handed_over(laju) > 0)
        clock.move(-timedelta(days=1))
        catcher = [str(BIN / "python"), "-m", "services.cli", "mail-catcher", "--host", "127.0.0.1"]
        catcher += ["--port", str(port), "--folder", str(laju.mail_folder)]
        with running(Process("relay", catcher, tmp_path / "relay.log"), lambda: listens(port)):
            until(lambda: len(laju.mails()) == 1, seconds=40)
