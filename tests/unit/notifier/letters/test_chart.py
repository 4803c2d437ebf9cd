"""The burn-up chart: a PNG of a known size, the same bytes each time, with an alt text that has its figures."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image as Pixels

from services.notifier.letters.axes import day_ticks, people_labels, people_ticks
from services.notifier.letters.chart import PIXELS, chart
from services.notifier.letters.wording import wording_in
from shared.briefing import Briefing, Point
from tests.unit.notifier.letters.samples import MISSED, PEREKAMAN, back, briefing
from tests.unit.notifier.standings import BEHIND, TARGET, standing

ID, EN = wording_in("id"), wording_in("en")
POINT = Point(on=BEHIND.on, count=BEHIND.actual)
DRAWN: dict[str, Briefing] = {
    "behind": briefing(),
    "back": briefing(back()),
    "perekaman": briefing(PEREKAMAN),
    "missed": briefing(MISSED),
    "single point": briefing(actual=(POINT,)),
    "single point without a line": briefing(actual=(POINT,), plan=()),
    "line without a point": briefing(actual=()),
    "no forecast": briefing(standing(forecast=None)),
    "first day": briefing(standing(on=TARGET.start_on, actual=60_000, expected=61_639, gap=-1_639)),
    "nothing known": briefing(standing(base=None, required=None, expected=None, gap=None, forecast=None), plan=()),
    "no target": briefing(standing(forecast=None), actual=(POINT,)).model_copy(
        update={"standing": standing(target=None, required=None, expected=None, gap=None, forecast=None)}
    ),
    "nobody yet": briefing(standing(actual=0, base=0, required=0, expected=0, gap=0, forecast=None)),
    "long name": briefing(standing(name="Kabupaten $x$ <b>" + " sangat panjang" * 40)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_a_small_png_on_white(name: str) -> None:
    image = chart(DRAWN[name], "chart1@laju", ID)

    assert image is not None
    assert len(image.png) < 60_000
    with Pixels.open(BytesIO(image.png)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", PIXELS)
        shown = drawn.convert("RGB")
        assert {shown.getpixel(corner) for corner in ((0, 0), (1079, 0), (0, 809), (1079, 809))} == {(255, 255, 255)}
        assert shown.getcolors(4) is None


def test_the_same_briefing_gives_the_same_bytes() -> None:
    drawn = [chart(briefing(), "chart1@laju", ID) for _ in range(2)]
    other = chart(briefing(standing(actual=91_113, gap=-262_442)), "chart1@laju", ID)

    assert drawn[0] == drawn[1]
    assert drawn[0] is not None
    assert other is not None
    assert drawn[0].png != other.png
    assert drawn[0].png != getattr(chart(briefing(), "chart1@laju", EN), "png", None)


def test_threads_do_not_disturb_each_other() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: chart(briefing(), "chart1@laju", ID), range(4)))

    assert set(drawn) == {chart(briefing(), "chart1@laju", ID)}


def test_the_alt_text_has_the_figures() -> None:
    image = chart(briefing(), "chart1@laju", ID)

    assert image is not None
    assert image.alt == (
        "Grafik aktivasi IKD di Kabupaten Serang per 27 Juni 2024: realisasi 91.112 orang, garis target hari itu "
        "353.555 orang, selisih −262.443 orang, target 660.000 orang pada 31 Desember 2024, perkiraan 165.564 orang "
        "pada 31 Desember 2024 (kisaran 165.000 s.d. 168.236 orang)."
    )


def test_the_alt_text_leaves_out_what_is_not_drawn() -> None:
    missed, bare = chart(DRAWN["missed"], "c", ID), chart(DRAWN["nothing known"], "c", ID)

    assert missed is not None
    assert bare is not None
    assert "perkiraan" not in missed.alt
    assert bare.alt == "Grafik aktivasi IKD di Kabupaten Serang per 27 Juni 2024: realisasi 91.112 orang."


def test_without_a_line_and_a_point_there_is_no_chart() -> None:
    assert chart(briefing(actual=(), plan=()), "chart1@laju", ID) is None


def test_whoever_draws_nothing_does_not_load_what_draws() -> None:
    code = "import sys, services.notifier.letters; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (60_000, 660_000, [0, 200_000, 400_000, 600_000]),
        (2_165_000, 2_186_800, [2_165_000, 2_170_000, 2_175_000, 2_180_000, 2_185_000]),
        (0, 5, [0, 1, 2, 3, 4, 5]),
        (0, 0, [0, 1]),
        (0, 200_000_000, [0, 50_000_000, 100_000_000, 150_000_000, 200_000_000]),
    ],
)
def test_people_ticks(low: int, high: int, ticks: list[int]) -> None:
    assert people_ticks(low, high) == ticks


def test_people_labels_are_exact() -> None:
    assert [label.split() for label in people_labels([0, 200_000, 400_000], ID)] == [
        ["0"],
        ["200", "rb"],
        ["400", "rb"],
    ]
    assert people_labels([2_165_000, 2_170_000], ID) == ["2.165.000", "2.170.000"]
    assert people_labels([0, 500], EN) == ["0", "500"]


@pytest.mark.parametrize("span", [0, 1, 6, 13, 14, 27, 59, 60, 90, 182, 366, 800, 1461, 4000, 9000])
@pytest.mark.parametrize("first", [date(2023, 12, 31), date(2024, 2, 29), date(2024, 5, 1)])
def test_day_ticks_are_few_and_told_apart(first: date, span: int) -> None:
    last = first + timedelta(days=span)
    ticks = day_ticks(first, last, ID)

    assert 1 <= len(ticks) <= 7
    assert all(first <= day <= last for day, _ in ticks)
    # July may come again after a January that names its year.
    assert all(earlier != later for (_, earlier), (_, later) in pairwise(ticks))


def test_day_ticks_of_a_year() -> None:
    assert [label for _, label in day_ticks(date(2023, 12, 31), date(2024, 12, 31), ID)] == [
        "Jan\n2024", "Mar", "Mei", "Jul", "Sep", "Nov",
    ]  # fmt: skip
