"""The burn-up chart: what is drawn of a way, what its words and its table say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from shared.briefing import Briefing, Point
from shared.charts import SHADES, Chart, TargetStep, burn_up
from shared.charts.scene import Dot, Scene, Shape, Text
from tests.unit.charts.reading import hold, painted, texts
from tests.unit.charts.samples import STEPS
from tests.unit.notifier.letters.samples import MEASURES, MISSED, PEREKAMAN, back, briefing
from tests.unit.notifier.standings import BEHIND, TARGET, standing

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


def series(chart: Chart, name: str) -> list[tuple[str, str]]:
    """The labels and values of a series of points; empty if it is not drawn."""
    found = (these["points"] for these in chart.points["series"] if these["name"] == name)
    return [(label, value) for _, _, label, value in next(found, [])]


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_a_small_png_on_white(name: str) -> None:
    png = burn_up(DRAWN[name], "id").png()

    assert len(png) < 60_000
    with Image.open(BytesIO(png)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (1080, 810))
        shown = drawn.convert("RGB")
        assert {shown.getpixel(corner) for corner in ((0, 0), (1079, 0), (0, 809), (1079, 809))} == {(255, 255, 255)}
        assert shown.getcolors(4) is None


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("narrow", [False, True])
def test_it_is_fit_for_a_page(name: str, narrow: bool) -> None:
    hold(burn_up(DRAWN[name], "en", narrow=narrow))


def test_other_figures_are_another_picture() -> None:
    one, other = burn_up(briefing(), "id"), burn_up(briefing(standing(actual=91_113, gap=-262_442)), "id")
    english = burn_up(briefing(), "en")

    assert len({one.svg(), other.svg(), english.svg()}) == 3
    assert len({one.png(), other.png(), english.png()}) == 3


def test_the_png_is_the_drawing_three_times_as_large_in_light_colours() -> None:
    chart = burn_up(briefing(), "id")
    with Image.open(BytesIO(chart.png())) as drawn:
        shown = drawn.convert("RGB")

    for item in chart.letter().items:
        if isinstance(item, Dot):
            at, colour = (item.x, item.y), item.fill
        elif isinstance(item, Shape) and item.fill:  # in the middle of a mark or of the band
            (corners,) = item.parts
            at = (sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners))
            colour = item.fill
        else:
            continue
        found = shown.getpixel((round(3 * at[0]), round(3 * at[1])))
        assert isinstance(found, tuple)
        meant = [int(SHADES[colour].light[part : part + 2], 16) for part in (1, 3, 5)]
        assert max(abs(one - other) for one, other in zip(found, meant, strict=True)) < 12


def test_a_dollar_sign_in_a_name_is_no_formula() -> None:
    assert burn_up(briefing(standing(name="Kabupaten $\\frac{$")), "id").png().startswith(b"\x89PNG")


def test_the_summary_has_the_figures() -> None:
    chart = burn_up(briefing(), "id")

    assert chart.title == "Aktivasi IKD, Kabupaten Serang"
    assert chart.summary == (
        "Grafik aktivasi IKD di Kabupaten Serang per 27 Juni 2024: realisasi 91.112 orang, garis target hari itu "
        "353.555 orang, selisih −262.443 orang, target 660.000 orang pada 31 Desember 2024, perkiraan 165.564 orang "
        "pada 31 Desember 2024 (kisaran 165.000 s.d. 168.236 orang)."
    )


def test_the_summary_leaves_out_what_is_not_drawn() -> None:
    missed, bare = burn_up(DRAWN["missed"], "id"), burn_up(DRAWN["nothing known"], "id")

    assert "perkiraan" not in missed.summary
    assert bare.summary == "Grafik aktivasi IKD di Kabupaten Serang per 27 Juni 2024: realisasi 91.112 orang."


def test_every_point_of_the_way_can_be_pointed_at() -> None:
    of = briefing()
    chart = burn_up(of, "en")

    assert len(series(chart, "Done")) == len(of.actual)
    assert series(chart, "Done")[-1] == ("27 June 2024", "91,112")
    assert series(chart, "Expected") == [("27 June 2024", "353,555")]
    assert series(chart, "Gap") == [("27 June 2024", "−262,443")]
    assert series(chart, "Target") == [("31 December 2024", "660,000")]
    assert series(chart, "Forecast") == [("31 December 2024", "165,564")]
    assert series(chart, "Target line") == [("31 December 2023", "60,000"), ("31 December 2024", "660,000")]
    assert ("Done", "27 June 2024", "91,112 people") in chart.table.rows


def test_points_are_where_the_lines_are() -> None:
    chart = burn_up(briefing(), "id")
    scene = chart.scene
    (actual,) = (these["points"] for these in chart.points["series"] if these["name"] == "Realisasi")
    (drawn,) = (path for path in painted(chart, "actual") if path.count("L") == len(actual) - 1)

    corners = [tuple(map(float, corner.split())) for corner in drawn.removeprefix("M").split("L")]
    for (x, y, _, _), (across, down) in zip(actual, corners, strict=True):
        assert x * scene.width == pytest.approx(across, abs=0.1)
        assert y * scene.height == pytest.approx(down, abs=0.1)


def test_a_series_of_every_so_many_days_ends_at_today() -> None:
    chart = burn_up(briefing(actual=(POINT.model_copy(update={"on": date(2024, 6, 20), "count": 90_000}),)), "id")

    assert series(chart, "Realisasi") == [("20 Juni 2024", "90.000"), ("27 Juni 2024", "91.112")]


def test_a_region_ahead_says_so_without_alarm() -> None:
    chart = burn_up(briefing(back(actual=552_700, gap=150_000, forecast=None)), "id")

    assert series(chart, "Selisih") == [("27 Juli 2024", "+150.000")]
    assert "+150.000" in texts(chart)
    assert painted(chart, "gap") == []


def test_the_steps_of_a_target_are_drawn_if_they_differ() -> None:
    of = briefing()
    changed = burn_up(of, "id", steps=STEPS)
    same = burn_up(of, "id", steps=[replace(step, required=660_000) for step in STEPS])

    # The first was over before the days shown.
    assert series(changed, "Target yang berlaku") == [
        ("1 Desember 2023, Surat Dirjen 400.8.1.2/1634", "500.000"),
        ("1 April 2024", "600.000"),
        ("1 Juni 2024, SE <12> & 'lain'", "660.000"),
    ]
    assert ("Target yang berlaku", "1 Juni 2023", "400.000 orang") in changed.table.rows
    (line,) = (path for path in painted(changed, "step") if path.count("L") == 5)
    heights = [float(corner.split()[1]) for corner in line.removeprefix("M").split("L")]
    assert heights[0] == heights[1] > heights[2] == heights[3] > heights[4] == heights[5]
    assert same.svg() == burn_up(of, "id").svg()


def test_a_step_after_the_days_shown_is_only_in_the_table() -> None:
    late = TargetStep(date(2025, 2, 1), 900_000)
    chart = burn_up(briefing(), "id", steps=[STEPS[1], late])

    assert len(series(chart, "Target yang berlaku")) == 1
    assert ("Target yang berlaku", "1 Februari 2025", "900.000 orang") in chart.table.rows


def test_interventions_are_numbered_flags_that_the_table_explains() -> None:
    chart = burn_up(briefing(), "id")

    assert [text for text in texts(chart) if text in ("1", "2", "3")] == ["1", "2"]
    assert [row for row in chart.table.rows if row[0] == "Intervensi"] == [
        (
            "Intervensi",
            "1. Jemput bola ke 326 desa, 22 April 2024 s.d. 31 Juli 2024",
            "sebelum 212,04, selama 391,60 orang per hari",
        ),
        (
            "Intervensi",
            "2. Surat Edaran Bupati: ASN wajib mengaktifkan IKD, sejak 10 Juni 2024",
            "sebelum 380,11, sesudah 410,94 orang per hari",
        ),
    ]
    assert len(series(chart, "Intervensi")) == 2


def test_an_intervention_before_the_days_shown_has_no_flag() -> None:
    early = MEASURES[0].model_copy(update={"starts_on": date(2023, 6, 1)})
    chart = burn_up(briefing(measures=(MEASURES[1], early)), "id")

    assert [text for text in texts(chart) if text in ("1", "2")] == ["2"]
    assert len([row for row in chart.table.rows if row[0] == "Intervensi"]) == 2
    assert len(series(chart, "Intervensi")) == 1


def test_flags_that_stand_close_lie_in_lanes() -> None:
    day = MEASURES[0].starts_on
    near = [MEASURES[0].model_copy(update={"starts_on": day.replace(day=day.day + at)}) for at in range(5)]
    chart = burn_up(briefing(measures=tuple(near)), "id")
    flags = [item for item in chart.scene.items if isinstance(item, Text) and item.bold]

    assert [flag.text for flag in flags] == ["1", "2", "3"]
    assert len({flag.y for flag in flags}) == 3
    assert len(series(chart, "Intervensi")) == 5


def test_a_mail_has_no_flags_as_it_has_no_table_to_explain_them() -> None:
    with_measures, without = burn_up(briefing(), "id"), burn_up(briefing(measures=()), "id")

    assert with_measures.png() == without.png()
    assert with_measures.svg() != without.svg()


def test_a_picture_alone_has_its_title_and_one_on_a_page_has_not() -> None:
    chart = burn_up(briefing(), "id")

    assert chart.title not in texts(chart)
    assert chart.title in lines(chart.letter())


def test_a_title_too_long_takes_two_lines_and_ends_there() -> None:
    title = [text for text in lines(burn_up(DRAWN["long name"], "id").letter()) if "sangat" in text]

    assert title[0] == "Aktivasi IKD, Kabupaten $x$ <b> sangat"
    assert title[1].endswith("…")
    assert len(title) == 2


def lines(scene: Scene) -> list[str]:
    """All lines of text."""
    return [item.text for item in scene.items if isinstance(item, Text)]
