"""What is exported in these tests: rows of Banten, and all that lies behind Kabupaten Serang or nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.aggregator.answers import (
    Day,
    Days,
    IkdCount,
    PerekamanCount,
    Programmes,
    RegionReading,
    Share,
    WajibKtpCount,
)  # fmt: skip
from services.aggregator.interventions import Effect
from services.aggregator.web.exports.report.gathering import Gathered, in_force
from shared.events.standing import Standing
from shared.wilayah import children, find
from shared.wording import Language
from tests.unit.notifier.letters.samples import MEASURES, PARTS, PEREKAMAN, YIELDS, briefing
from tests.unit.notifier.standings import BEHIND, TARGET, standing

LANGUAGES: tuple[Language, ...] = ("id", "en")
DAY = date(2024, 6, 27)
# Already the next day in Serang.
PRINTED = datetime(2024, 6, 27, 18, 30, tzinfo=UTC)
URL = "https://laju.go.id"
EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "Mal;=HYPERLINK(1)")
CILEGON = standing(region="36.72", name="Kota Cilegon", status="on_pace", severity=None, gap=12, days_behind=0)
LEBAK = standing(
    region="36.02", name="Kabupaten Lebak", status="no_target", severity=None, target=None, base=None, required=None,
    expected=None, gap=None, attainment_percent=None, coverage_percent=None, wajib_ktp=None, required_rate=None,
    forecast=None, days_left=None, simulated=True,
)  # fmt: skip
NATIONS_LARGEST = 215_000_000
# Nothing to break it at, as codes of documents are.
ENDLESS = "400.8.1.2/1634/DUKCAPIL/" * 8
MARKUP = "#panic() $x$ *a* _b_ `c` \\ @d <e> //f [g] = h"


def reading(code: str = "36.04", **changes: Any) -> RegionReading:
    """What is known of a region."""
    region = find(code)
    whole = RegionReading(
        code=code,
        name=region.name,
        level=region.level,
        parent=region.parent,
        on=DAY,
        wajib_ktp=WajibKtpCount(count=2_200_000, as_of=date(2023, 12, 31)),
        programmes=Programmes(
            ikd=IkdCount(active=91_112, coverage_percent=Decimal("4.14"), served=90_000),
            perekaman=PerekamanCount(recorded=2_171_040, coverage_percent=Decimal("98.68"), served=2_000_000),
        ),
        backlog=None,
        blanko=None,
        warnings=[],
        simulated=False,
        sequence=20_431,
        projection=3,
    )
    return whole.model_copy(update=changes)


def gathered(**changes: Any) -> Gathered:
    """Kabupaten Serang behind with IKD, and less so with perekaman."""
    found = Gathered(
        region=find("36.04"),
        day=DAY,
        reading=reading(),
        programme="ikd",
        standings=in_force([PEREKAMAN, BEHIND], DAY),
        told=briefing(),
        tally={},
    )
    return replace(found, **changes)


def crowded() -> Gathered:
    """The kabupaten with the longest name, with as much to say as there can be, in numbers of the whole nation."""
    code = "31.01"
    counts = {"actual": NATIONS_LARGEST, "expected": NATIONS_LARGEST, "required": NATIONS_LARGEST}
    rows = [_line(code, at, **counts) for at in range(8)]
    told = briefing().model_copy(
        update={
            "standing": rows[0],
            "behind": tuple(
                PARTS[0].model_copy(update={"name": "Padangsidimpuan Angkola Julu", "gap": -NATIONS_LARGEST})
                for _ in range(8)
            ),
            "yields": tuple(
                YIELDS[0].model_copy(update={"place": place}) for place in ("W" * 100, MARKUP, "a b " * 25)
            ),
            "measures": tuple(
                MEASURES[0].model_copy(update={"title": title, "ends_on": DAY})
                for title in ("W" * 200, MARKUP * 4, "Jemput bola " * 16)
            ),
        }
    )
    warnings = ["ikd_exceeds_perekaman", "perekaman_exceeds_wajib_ktp", "ikd_exceeds_wajib_ktp", "ikd_negative"]
    return gathered(
        region=find(code),
        reading=reading(code, warnings=warnings, simulated=True),
        standings=in_force(rows, DAY),
        told=told,
    )


def aimless(**changes: Any) -> Gathered:
    """Kabupaten Lebak: work is done there, and nobody set a target."""
    found = gathered(
        region=find("36.02"),
        reading=reading("36.02"),
        standings=(LEBAK,),
        told=None,
        days=Days(days=list(days())),
        lowest=(BEHIND,),
        places=(Share(key=MARKUP, name=MARKUP, count=118),),
        effects=(
            Effect(
                kind="circular", title="Surat edaran", programme="ikd", starts_on=date(2024, 6, 1), ends_on=None,
                document=None, rate_before=Decimal("1.50"), rate_during=None, rate_after=Decimal("2.25"),
                expected_people=None,
            ),
        ),
    )  # fmt: skip
    return replace(found, **changes)


def silent(code: str) -> Gathered:
    """A region of which nothing is known."""
    row = LEBAK.model_copy(update={"region": code, "name": find(code).name, "actual": 0, "simulated": False})
    bare = reading(code, wajib_ktp=None)
    return gathered(region=find(code), reading=bare, standings=(row,), told=None, days=Days(days=[]))


def hidden(code: str) -> Gathered:
    """A region whose counts are too small to be told."""
    bare = reading(code)
    counted = bare.programmes
    none = Programmes(
        ikd=counted.ikd.model_copy(update={"active": None, "coverage_percent": None, "suppressed": True}),
        perekaman=counted.perekaman.model_copy(update={"recorded": None, "suppressed": True}),
    )
    return gathered(
        region=find(code), reading=bare.model_copy(update={"programmes": none}), standings=(), told=None,
        days=Days(days=[], suppressed=True),
    )  # fmt: skip


def days() -> Iterator[Day]:
    """A hundred days, on every seventh of which somebody was taken back."""
    total = 0
    for at in range(100):
        change = -3 if at % 7 == 6 else 10 + at
        total += change
        yield Day(date=DAY - timedelta(days=99 - at), change=change, total=total)


def nation() -> tuple[Standing, ...]:
    """A row for each kab/kota there is."""
    return tuple(
        standing(region=code, name=find(code).name) for province in children("ID") for code in children(province)
    )


def _line(code: str, at: int, **counts: int) -> Standing:
    target = TARGET.model_copy(
        update={"id": f"t-{at}", "due_on": date(2024, 12, 31 - at), "document": ENDLESS, "authority": "local"}
    )
    return standing(
        region=code,
        name=find(code).name,
        target=target,
        gap=-NATIONS_LARGEST,
        forecast=BEHIND.forecast
        and BEHIND.forecast.model_copy(
            update={"count": NATIONS_LARGEST, "low": NATIONS_LARGEST, "high": NATIONS_LARGEST}
        ),
        **counts,
    )
