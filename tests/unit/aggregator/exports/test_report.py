"""The report: what it says, and the one page that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from services.aggregator.answers import Share
from services.aggregator.web.exports.report.contents import Report, light, report
from services.aggregator.web.exports.report.gathering import Gathered, in_force, led_by, lowest
from services.aggregator.web.exports.report.heading import office, place, register_number
from services.aggregator.web.exports.report.lettering import fitting
from services.aggregator.web.exports.report.panels import panels
from services.aggregator.web.exports.report.printing import as_pdf
from services.aggregator.web.pages.cards import figures, verdict
from shared.wilayah import find
from shared.wording import Language, wording_in
from tests.unit.aggregator.exports.samples import (
    CILEGON,
    DAY,
    LANGUAGES,
    LEBAK,
    MARKUP,
    PRINTED,
    URL,
    aimless,
    crowded,
    gathered,
    hidden,
    reading,
    silent,
)  # fmt: skip
from tests.unit.notifier.letters.samples import ACHIEVED, MISSED, PEREKAMAN, briefing
from tests.unit.notifier.standings import BEHIND, TARGET, standing

NEXT_YEAR = standing(target=TARGET.model_copy(update={"id": "next", "due_on": date(2025, 12, 31)}), status="on_pace")
SAY = wording_in("services.aggregator.web.exports", "id")
FOUND: dict[str, Callable[[], Gathered]] = {
    "behind": gathered,
    "crowded": crowded,
    "aimless": aimless,
    "silent": lambda: silent("31.01"),
    "hidden": lambda: hidden("51.71.01.1001"),
    "province": lambda: gathered(region=find("36"), reading=reading("36"), tally={"behind": 3, "no_target": 5}),
    "nation": lambda: gathered(region=find("ID"), reading=reading("ID"), tally={"behind": 514}),
    "kecamatan": lambda: aimless(region=find("36.04.06"), reading=reading("36.04.06")),
    "desa": lambda: gathered(region=find("36.04.06.2001"), reading=reading("36.04.06.2001")),
}


def written(found: Gathered, language: Language = "id") -> Report:
    return report(found, PRINTED, URL, language)


def printed(found: Gathered, language: Language = "id") -> PdfReader:
    return PdfReader(BytesIO(as_pdf(written(found, language), PRINTED)))


def text_of(pdf: PdfReader) -> str:
    (page,) = pdf.pages
    return " ".join(page.extract_text().replace("\u200b", "").split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FOUND)
def test_a_report_is_one_page_of_a4_in_its_language(name: str, language: Language) -> None:
    pdf = printed(FOUND[name](), language)
    (page,) = pdf.pages
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (595, 842)
    assert str(pdf.root_object["/Lang"]) == language
    assert pdf.metadata is not None
    assert pdf.metadata.title == written(FOUND[name](), language).title


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["behind", "crowded", "aimless", "province"])
def test_every_figure_can_be_read_out_of_the_page(name: str, language: Language) -> None:
    said, text = written(FOUND[name](), language), text_of(printed(FOUND[name](), language))
    cells = [cell for row in said.rows for cell in (row.status, *row.cells)]
    numbers = [cell.value for cell in cells] + [cell.note for cell in cells]
    numbers += [figure for panel in said.panels for row in panel.rows for figure in row[1:]]
    numbers += [figure for _, figure in said.facts]
    assert numbers
    for number in numbers:
        # A note that is broken at its hyphen is read with a space there.
        assert number.replace(" ", "") in text.replace(" ", "")
    assert said.verdict in text
    assert written(FOUND[name](), language).address in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_are_those_of_the_cards(language: Language) -> None:
    pages = wording_in("services.aggregator.web.pages", language)
    said = written(gathered(), language)
    assert [row.heading.partition(":")[0] for row in said.rows] == [
        pages(f"programme.{programme}") for programme in ("ikd", "perekaman")
    ]
    for row, of in zip(said.rows, (BEHIND, PEREKAMAN), strict=True):
        shown = {figure.name: figure.value for figure in figures(of, pages)}
        names = ("actual", "expected", "gap", "required", "rate28", "forecast")
        assert [cell.value for cell in row.cells] == [shown.get(name, "–") for name in names]
    assert said.verdict == verdict(BEHIND, pages)


def test_the_same_report_printed_at_the_same_moment_is_the_same_file() -> None:
    assert as_pdf(written(gathered()), PRINTED) == as_pdf(written(gathered()), PRINTED)


def test_another_moment_changes_the_line_that_names_it_and_nothing_else() -> None:
    later = PRINTED + timedelta(hours=5)
    before, after = written(gathered()), report(gathered(), later, URL, "id")
    assert before.foot[-1] == "Dicetak 28 Juni 2024 01.30 WIB"
    assert after.foot[-1] == "Dicetak 28 Juni 2024 06.30 WIB"
    assert replace(after, foot=before.foot) == before


def test_what_others_wrote_is_text_and_no_markup() -> None:
    told = briefing().model_copy(
        update={
            "standing": standing(name=MARKUP),
            "yields": (briefing().yields[0].model_copy(update={"place": MARKUP}),),
        }
    )
    target = TARGET.model_copy(update={"document": MARKUP[:40]})
    found = gathered(told=told, standings=(standing(target=target, name=MARKUP),))
    text = text_of(printed(found))
    assert text.count(MARKUP[:40]) >= 3
    assert text.count(MARKUP) >= 1


def test_a_name_in_letters_that_no_font_has_is_printed_all_the_same() -> None:
    told = briefing().model_copy(
        update={"yields": (briefing().yields[0].model_copy(update={"place": "Mal 😀 中文 \u0627\u0644"}),)}
    )
    assert len(printed(gathered(told=told)).pages) == 1


def test_a_chart_is_printed_in_its_light_colours() -> None:
    drawn = written(gathered()).chart
    assert drawn is not None
    assert "var(" not in drawn.svg
    assert '"#0069a8"' in drawn.svg
    assert light('fill="var(--chart-ink, #24292f)"') == 'fill="#24292f"'


def test_interventions_have_the_numbers_of_the_flags_in_the_chart() -> None:
    *_, measures = panels(gathered(), SAY)
    assert [row[0] for row in measures.rows] == [
        "1. Jemput bola ke 326 desa, 22 Apr 2024 – 31 Jul 2024",
        "2. Surat Edaran Bupati: ASN wajib mengaktifkan IKD, 10 Jun 2024",
    ]
    assert measures.rows[0][1:] == ("212,04", "391,60", "–")


def test_without_a_target_there_is_what_was_done() -> None:
    said = written(aimless())
    assert said.chart is not None
    assert said.chart.title == "IKD per hari, 90 hari terakhir"
    assert [panel.heading for panel in said.panels] == [
        "Kecamatan dengan cakupan terendah",
        "Tempat pelayanan terbanyak, 90 hari",
        "Intervensi dan laju hariannya",
    ]
    assert (said.status, said.columns) == (None, ("Jumlah", "Laju 28 hari"))


def test_a_region_of_which_nothing_is_known_says_so() -> None:
    said = written(silent("31.01"))
    assert said.chart is None
    assert said.quiet == "IKD: tidak ada perubahan dalam 90 hari terakhir."
    assert said.facts == (("Wajib KTP", "belum dilaporkan"),)


def test_counts_that_are_too_small_are_not_told() -> None:
    said = written(hidden("51.71.01.1001"))
    assert (said.verdict, said.rows, said.chart) == (
        "IKD, Perekaman KTP-el: angka terlalu kecil untuk ditampilkan.", (), None,
    )  # fmt: skip
    one = hidden("51.71.01").reading.programmes.ikd
    counted = reading().programmes.model_copy(update={"ikd": one})
    some = written(gathered(standings=(PEREKAMAN,), reading=reading(programmes=counted)))
    assert some.below == ("IKD: angka terlalu kecil untuk ditampilkan.",)


def test_a_day_or_a_place_that_is_hidden_is_no_number() -> None:
    found = aimless(places=(Share(key="DLHK", name="DLHK", count=None, suppressed=True),))
    assert panels(found, SAY)[1].rows == (("DLHK", "–"),)


def test_a_wider_region_tells_how_many_have_which_status() -> None:
    facts = dict(written(FOUND["province"]()).facts)
    assert facts["Kab/kota menurut status IKD"] == "3 tertinggal, 5 belum ada target"


def test_simulated_figures_are_called_so() -> None:
    assert written(gathered()).notices == ()
    (notice,) = written(gathered(reading=reading(simulated=True))).notices
    assert notice.startswith("SIMULASI")


def test_contradictions_are_named() -> None:
    (notice,) = written(gathered(reading=reading(warnings=["ikd_exceeds_wajib_ktp: 5 > 4"]))).notices
    assert notice == "Angka wilayah ini saling bertentangan: IKD aktif lebih banyak daripada wajib KTP."


def test_more_targets_than_there_is_room_for_are_counted() -> None:
    said = written(crowded())
    assert len(said.rows) == 5
    assert said.below == ("Tidak termuat: 3 target lain; lihat halaman wilayah.",)


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([CILEGON, BEHIND], [BEHIND, CILEGON]),
        ([PEREKAMAN, BEHIND], [BEHIND, PEREKAMAN]),  # warning after critical
        ([LEBAK, CILEGON], [CILEGON, LEBAK]),  # what has no target comes last
        ([MISSED, NEXT_YEAR], [NEXT_YEAR]),  # its term is over
        ([MISSED, PEREKAMAN], [MISSED, PEREKAMAN]),  # unless there is no other of the programme
        ([ACHIEVED, BEHIND], [BEHIND, ACHIEVED]),
        ([], []),
    ],
)
def test_the_lines_in_force_come_gravest_first(rows: list[object], shown: list[object]) -> None:
    assert list(in_force(rows, date(2025, 1, 3) if MISSED in rows else DAY)) == shown  # type: ignore[arg-type]


def test_a_line_is_in_force_until_the_evening_of_its_due_date() -> None:
    rows, due_on = [NEXT_YEAR, BEHIND], TARGET.due_on
    assert in_force(rows, due_on) == (BEHIND, NEXT_YEAR)
    assert in_force(rows, due_on + timedelta(days=1)) == (NEXT_YEAR,)


def test_the_standing_that_the_chart_is_of_comes_first_and_once() -> None:
    later = BEHIND.model_copy(update={"actual": 91_113})
    assert led_by(later, (BEHIND, PEREKAMAN, LEBAK)) == (later, PEREKAMAN, LEBAK)
    own = standing(target=TARGET.model_copy(update={"id": "own"}))
    assert led_by(own, (BEHIND, own, PEREKAMAN)) == (own, BEHIND, PEREKAMAN)


def test_the_lowest_coverage_comes_first_and_what_is_not_known_not_at_all() -> None:
    low = standing(region="36.01", coverage_percent=None)
    assert lowest([BEHIND, low, PEREKAMAN]) == (BEHIND, PEREKAMAN)


@pytest.mark.parametrize(
    ("code", "named", "whose"),
    [
        ("ID", "Indonesia", ("Direktorat Jenderal Kependudukan dan Pencatatan Sipil", "Indonesia")),
        ("36", "Provinsi Banten", ("Dinas Kependudukan dan Pencatatan Sipil", "Provinsi Banten")),
        ("36.04", "Kabupaten Serang", ("Dinas Kependudukan dan Pencatatan Sipil", "Kabupaten Serang")),
        (
            "51.71.01",
            "Kecamatan Denpasar Selatan, Kota Denpasar",
            ("Dinas Kependudukan dan Pencatatan Sipil", "Kota Denpasar"),
        ),
    ],
)
def test_the_head_names_the_office_and_the_region(code: str, named: str, whose: tuple[str, str]) -> None:
    assert (place(find(code), SAY), office(find(code), SAY)) == (named, whose)


def test_the_number_names_what_the_figures_reflect() -> None:
    assert register_number(find("36.04"), DAY, 20_431, 3, SAY) == "3-20431/36.04/LAPORAN/VI/2024"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SMA Negeri 1", "SMA Negeri 1"),
        ("x" * 24, "x" * 24),
        ("SMA Negeri 1 Kragilan Serang", "SMA Negeri 1 Kragi…"),
        ("two  spaces\nand a line", "two spaces and a l…"),
    ],
)
def test_a_text_is_cut_where_there_is_no_more_room(text: str, shown: str) -> None:
    assert fitting(text, 24 if set(text) == {"x"} else 19) == shown


def test_a_word_that_is_too_long_may_be_broken() -> None:
    assert fitting("y" * 25, 40).split("\u200b") == ["y" * 8, "y" * 8, "y" * 8, "y"]
