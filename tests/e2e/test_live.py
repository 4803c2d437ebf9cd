"""Live figures: the numbers of the read API as soon as they change, through everything that may happen meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.wilayah import kabkota_in
from tests.e2e.pipeline import Pipeline, pipeline
from tests.e2e.test_rebuild import finished, rebuild
from tests.e2e.test_restarts import second_aggregator
from tests.events import citizen, event, target
from tests.live import Stream, listening
from tests.waiting import until

KOTA, KECAMATAN, DESA = "51.71", "51.71.01", "51.71.01.1001"
LEVELS = ("ID", "51", KOTA, KECAMATAN, DESA)
MOST = 60
_SHOWN = (
    "programme", "on", "status", "severity", "actual", "required", "expected", "gap", "attainment_percent",
    "coverage_percent", "rate7", "rate28", "required_rate", "days_left",
)  # fmt: skip


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """With targets at all levels, and a country that has something to show."""
    folder = tmp_path_factory.mktemp("live")
    with pipeline(
        folder, as_of="2024-06-27", LAJU_LIVE_SUBSCRIBERS=str(MOST), LAJU_LIVE_HEARTBEAT_SECONDS="0.5"
    ) as running:
        fill(running)
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Pipeline]:
    """One that may be ended, rebuilt and cut off."""
    with pipeline(tmp_path, as_of="2024-06-27", LAJU_ACK_WAIT_SECONDS="3") as running:
        fill(running)
        yield running


def fill(laju: Pipeline) -> None:
    laju.send(
        *(target(code, 30) for code in ("ID", "51", KOTA, "51.03", "35.73")),
        target(KECAMATAN, 40, authority="local"),
        target(KOTA, 99, programme="perekaman"),
        *(wajib_ktp(code, count) for code, count in ((KOTA, 500_000), ("51.03", 300_000), ("35.73", 700_000))),
        wajib_ktp(KECAMATAN, 90_000),
        event("baseline.reported", region=KOTA, as_of="2023-12-31", recorded=480_000, activated=26_000),
        *(activation(1000 + number, home) for number, home in enumerate((DESA, KOTA, "51.03", "35.73") * 5)),
    )
    laju.settle()


def wajib_ktp(region: str, count: int) -> dict[str, Any]:
    return event("wajib_ktp.reported", region=region, as_of="2024-06-01", count=count, source="siak")


def activation(number: int, home: str = DESA) -> dict[str, Any]:
    return event("ikd.activated", citizen=citizen(number), home=home, service=home[:5], channel="office")


def active(figures: dict[str, Any]) -> int:
    return int(figures["ikd"]["active"])


def has(count: int) -> Callable[[dict[str, Any]], bool]:
    """Whether figures have so many active."""
    return lambda figures: active(figures) == count


def has_at_least(count: int, figures: dict[str, Any]) -> bool:
    """Whether figures have so many active, or more."""
    return active(figures) >= count


def until_quiet(laju: Pipeline) -> None:
    """Return once everything is projected and assessed."""

    def is_quiet() -> bool:
        progress = laju.read("progress")
        return (progress["lag_events"], progress["assessments_pending"]) == (0, 0)

    until(is_quiet, seconds=60)


def until_right(laju: Pipeline, streams: Iterable[Stream]) -> None:
    """Return once each of these streams has told last what the read API tells, with nothing going on."""
    until_quiet(laju)
    for stream in streams:
        until(partial(is_right, laju, stream))


def totals(reading: dict[str, Any]) -> tuple[Any, ...]:
    """Of a region, as the read API and as a stream tell it."""
    programmes = reading.get("programmes", reading)
    ikd, perekaman = programmes["ikd"], programmes["perekaman"]
    return (
        *(ikd[name] for name in ("active", "coverage_percent")),
        *(perekaman[name] for name in ("recorded", "coverage_percent")),
        reading["on"],
        reading["projection"],
    )


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """What a standing of the read API and one of a stream have in common."""
    target, forecast = row.get("target") or {}, row["forecast"]
    return {
        **{name: row[name] for name in _SHOWN},
        "authority": row.get("authority") or target.get("authority"),
        "due_on": row.get("due_on") or target.get("due_on"),
        "forecast": forecast and {name: forecast[name] for name in ("count", "low", "high", "finish_on")},
    }


def is_right(laju: Pipeline, stream: Stream) -> bool:
    """Whether the last message is what the read API tells."""
    told = stream.last
    code = told["region"]
    rows = laju.read(f"regions/{code}/standings")["standings"]
    return totals(told) == totals(laju.read(f"regions/{code}")) and [shown(row) for row in told["standings"]] == [
        shown(row) for row in rows
    ]


def subscribers(laju: Pipeline) -> int:
    lines = laju.http.get(f"{laju.aggregator}/metrics").text.splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith("laju_aggregator_live_subscribers ")]
    return int(float(value))


def kept(stream: Stream, parts: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parts as a page has them that put each message's in the place of those before."""
    found = dict(parts or {})
    for told in list(stream.messages):
        found |= {part["code"]: part["standings"] for part in told["parts"]}
    return found


@pytest.mark.parametrize("code", LEVELS)
def test_the_first_message_is_what_the_read_api_tells(laju: Pipeline, code: str) -> None:
    with listening(laju.aggregator, code) as stream:
        first, fields = stream.messages[0], stream.fields[0]
        assert (fields["event"], fields["retry"]) == ("figures", "3000")
        assert int(fields["id"]) == first["sequence"] > 0
        assert is_right(laju, stream)
        assert (first["parts"] is None) == (code not in ("ID", "51"))
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert (stream.headers["cache-control"], stream.headers["x-accel-buffering"]) == ("no-store", "no")


def test_an_accepted_event_moves_the_numbers_of_all_levels(laju: Pipeline) -> None:
    with ExitStack() as stack:
        streams = {code: stack.enter_context(listening(laju.aggregator, code)) for code in LEVELS}
        before = {code: active(stream.last) for code, stream in streams.items()}
        versions = {code: stream.last["version"] for code, stream in streams.items()}
        laju.send(activation(1))
        for code, stream in streams.items():
            assert stream.told(has(before[code] + 1))["version"] > versions[code]
        until_right(laju, streams.values())
        (kota,) = [part for part in streams["51"].last["parts"] if part["code"] == KOTA]
        assert [part["code"] for part in streams["51"].last["parts"]] == [KOTA]
        assert kota["standings"] == streams[KOTA].last["standings"]
        assert {part["code"] for part in streams["ID"].last["parts"]} == {"51", KOTA}


def test_figures_that_change_no_standing_are_told_too(laju: Pipeline) -> None:
    """Residents who move within a kab/kota, also where no part has a target, and what is done after the only target's
    due date."""
    laju.send(target("17.71", 500, basis="absolute", due_on="2024-03-31"), activation(300, "17.71"))
    until_quiet(laju)
    other, aimless = "51.71.02", "35.73.02"
    with ExitStack() as stack:
        streams = {
            code: stack.enter_context(listening(laju.aggregator, code))
            for code in (KECAMATAN, DESA, other, aimless, "17.71", "17")
        }
        before = {code: active(stream.last) for code, stream in streams.items()}
        moved = [
            event("resident.moved", time="2024-06-20T11:00:00+08:00", citizen=citizen(number), home=home)
            for number, home in ((1000, other), (1003, aimless))
        ]
        laju.send(*moved, activation(301, "17.71"))
        for code, change in {KECAMATAN: -1, DESA: -1, other: 1, aimless: 1, "17.71": 1, "17": 1}.items():
            streams[code].told(has(before[code] + change))
        until_right(laju, streams.values())


def test_a_wider_region_in_memory_stands_as_its_days_say(laju: Pipeline) -> None:
    for code in ("ID", "51"):
        in_memory, anew = (
            laju.read(f"regions/{code}/standings", **params)["standings"] for params in ({}, {"min_sequence": 1})
        )
        place = {"sequence": 0}
        assert [row | place for row in in_memory] == [row | place for row in anew]
        bases = [row["target"]["basis"] for row in in_memory]
        assert (bases[0], set(bases[1:])) == ("percent_of_wajib_ktp", {"rollup"})


def test_what_lies_behind_a_wider_region_is_the_same_from_memory(laju: Pipeline) -> None:
    """Also with shares of kab/kota that have no target on the line, of which Bali's are all known."""
    laju.send(
        *(wajib_ktp(code, 100_000 + number) for number, code in enumerate(kabkota_in("51"))),
        *(activation(400 + number, code) for number, code in enumerate(("51.01", "51.02", "51.05") * 3)),
    )
    until_quiet(laju)
    line = {"programme": "ikd", "authority": "national", "due_on": "2024-12-31"}
    for code, known in (("51", 5), ("ID", 3)):
        in_memory, counted = (
            laju.read(f"regions/{code}/briefing", **line, **params) for params in ({}, {"on": "2024-06-27"})
        )
        for told in (in_memory, counted):
            told["standing"]["sequence"] = 0
        assert in_memory == counted
        assert in_memory["parts_known"] == known


def test_a_target_of_a_province_is_told_to_who_listens_to_the_nation(laju: Pipeline) -> None:
    def has_target(figures: dict[str, Any]) -> bool:
        rows = [row for part in figures["parts"] if part["code"] == "36" for row in part["standings"]]
        return any(row["required"] == 500 for row in rows)

    until_quiet(laju)
    with listening(laju.aggregator, "ID") as stream:
        laju.send(target("36", 500, basis="absolute"))
        stream.told(has_target)


def test_a_page_that_takes_over_what_changed_has_what_a_new_one_has(laju: Pipeline) -> None:
    with listening(laju.aggregator, "ID") as stream:
        for number, home in enumerate((DESA, "51.03", "35.73", "91.71", DESA)):
            before = active(stream.last)
            laju.send(activation(100 + number, home))
            stream.told(has(before + 1))
        until_quiet(laju)
        with listening(laju.aggregator, "ID") as other:
            until(lambda: kept(stream) == kept(other))
            assert {"51", "35", "91", "91.71", "35.73"} <= kept(other).keys()


def test_who_comes_again_is_told_of_what_changed_since(laju: Pipeline) -> None:
    with listening(laju.aggregator, "ID") as stream:
        before, identity, parts = stream.last, stream.fields[0]["id"], kept(stream)
    laju.send(activation(200))
    until_quiet(laju)
    with listening(laju.aggregator, "ID", {"Last-Event-ID": identity}) as again:
        assert active(again.messages[0]) == active(before) + 1
        with listening(laju.aggregator, "ID") as other:
            assert kept(again, parts) == kept(other)


def test_nothing_else_is_a_heartbeat_and_no_message(laju: Pipeline) -> None:
    with listening(laju.aggregator, KOTA) as stream:
        until(lambda: stream.comments >= 2)
        assert len(stream.messages) == 1


def test_who_goes_away_is_forgotten_and_one_too_many_refused(laju: Pipeline) -> None:
    until(lambda: subscribers(laju) == 0)
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(listening(laju.aggregator, KOTA))
        assert subscribers(laju) == MOST
        refused = laju.http.get(f"{laju.aggregator}/v1/regions/{KOTA}/live")
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert int(refused.headers["retry-after"]) > 0
        assert f"{MOST} listen already" in refused.json()["detail"]
    until(lambda: subscribers(laju) == 0)
    with listening(laju.aggregator, KOTA) as stream:
        assert stream.messages


def test_an_unknown_region_has_no_stream(laju: Pipeline) -> None:
    assert laju.http.get(f"{laju.aggregator}/v1/regions/99.99/live").status_code == 404


def test_the_stream_is_described(laju: Pipeline) -> None:
    document = laju.http.get(f"{laju.aggregator}/openapi.json").json()
    answers = document["paths"]["/v1/regions/{code}/live"]["get"]["responses"]
    schema = answers["200"]["content"]["text/event-stream"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    assert {"standings", "parts", "ikd", "unreachable_since"} <= set(
        document["components"]["schemas"][name]["properties"]
    )
    assert "503" in answers


def test_two_replicas_tell_the_same(fresh: Pipeline) -> None:
    with second_aggregator(fresh) as (_, second), ExitStack() as stack:
        streams = [
            stack.enter_context(listening(address, code))
            for address in (fresh.aggregator, second)
            for code in ("ID", KOTA, KECAMATAN)
        ]
        # One or the other projects and assesses it; both tell.
        for number, home in enumerate((DESA, "51.03", "35.73", "17.71", "36.04", DESA)):
            before = [active(stream.last) for stream in streams[::3]]
            fresh.send(activation(number, home))
            for stream, count in zip(streams[::3], before, strict=True):
                stream.told(has(count + 1))
        until_right(fresh, streams)


def test_a_rebuild_takes_no_figure_back(fresh: Pipeline) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(listening(fresh.aggregator, code)) for code in LEVELS]
        kota = streams[LEVELS.index(KOTA)]
        sent, before = 0, active(kota.last)
        rebuilding = rebuild(fresh)
        while rebuilding.poll() is None or any(stream.last["projection"] == 1 for stream in streams):
            fresh.send(*(activation(10_000 + number) for number in range(sent, sent + 20)))
            sent += 20
            kota.told(partial(has_at_least, before + sent), seconds=60)
        assert "Projection 2 serves now" in finished(rebuilding)
        until_right(fresh, streams)
        for stream in streams:
            figures = stream.messages
            for name in ("version", "sequence", "projection"):
                assert [told[name] for told in figures] == sorted(told[name] for told in figures)
            assert [active(told) for told in figures] == sorted(active(told) for told in figures)
            rows = [[row["actual"] for row in told["standings"] if row["programme"] == "ikd"] for told in figures]
            assert rows == sorted(rows)


def test_figures_stay_while_the_database_is_away(fresh: Pipeline) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(listening(fresh.aggregator, code)) for code in LEVELS]
        quiet = [stack.enter_context(listening(fresh.aggregator, code)) for code in ("35", "35.73", "35.73.02")]
        before = [active(stream.last) for stream in streams]
        fresh.database.end(signal.SIGKILL)
        for stream in (*streams, *quiet):
            stream.told(lambda figures: figures["unreachable_since"])
        fresh.send(activation(1))
        assert [active(stream.last) for stream in streams] == before
        fresh.database.start()
        for stream, count in zip(streams, before, strict=True):
            stream.told(has(count + 1), seconds=60)
        until_right(fresh, (*streams, *quiet))
        # Also where nothing has happened meanwhile.
        until(lambda: all(stream.last["unreachable_since"] is None for stream in (*streams, *quiet)))


def test_the_end_waits_for_no_stream(fresh: Pipeline) -> None:
    aggregator = fresh.services["aggregator"]
    with ExitStack() as stack:
        codes = (*LEVELS, "35", "35.73", "51.03", "17.71", "36.04")
        streams = [stack.enter_context(listening(fresh.aggregator, code)) for code in codes * 5]
        assert aggregator.end() == 0
        for stream in streams:
            assert stream.ended.wait(10)
            assert stream.error is None, "the line was cut instead of ended"
    said = [line for line in aggregator.tail(200).splitlines() if '"WARNING"' in line or '"ERROR"' in line]
    assert said == []
