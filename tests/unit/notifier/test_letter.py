"""What a head reads: the words, the numbers in id-ID, and the two forms saying the same."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from services.notifier import figures, letter
from services.notifier.decide import Reason
from services.notifier.letter import Letter
from shared.errors import InvalidError
from shared.events.standing import Standing
from tests.unit.notifier.standings import BEHIND, TARGET, back, standing

MESSAGE_ID = "<0123456789abcdef0123456789abcdef@laju.go.id>"


def write(of: Standing, reason: Reason) -> Letter:
    return letter.write(
        of,
        reason,
        title="Kepala Disdukcapil Kabupaten Serang",
        message_id=MESSAGE_ID,
        written_at=datetime(2024, 6, 27, 18, 30, tzinfo=UTC),
        aggregator_url="https://laju.go.id/",
    )


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def words_of(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    return " ".join(" ".join(parser.words).split())


@pytest.mark.parametrize(
    ("of", "reason", "subject"),
    [
        (BEHIND, Reason.FIRST, "[Laju] Kabupaten Serang: IKD 262.443 di bawah garis target per 27 Juni 2024"),
        (
            standing(programme="perekaman", name="Kota Denpasar", gap=-7, simulated=True),
            Reason.FIRST,
            "[Laju] [SIMULASI] Kota Denpasar: perekaman KTP-el 7 di bawah garis target per 27 Juni 2024",
        ),
        (back(), Reason.RESOLVED, "[Laju] Kabupaten Serang: IKD kembali ke garis target per 27 Juli 2024"),
        (
            back(status="achieved"),
            Reason.RESOLVED,
            "[Laju] Kabupaten Serang: IKD telah mencapai target per 27 Juli 2024",
        ),
    ],
)
def test_subject(of: Standing, reason: Reason, subject: str) -> None:
    assert write(of, reason).subject == subject


def test_the_text_of_falling_behind_is_complete() -> None:
    text = " ".join(write(BEHIND, Reason.FIRST).text.split())

    for part in (
        "Nomor : 01234567/36.04/IKD/VI/2024",
        "Sifat : Segera",
        "Hal : Laju IKD: 262.443 di bawah garis target",
        "28 Juni 2024 Yth. Kepala Disdukcapil Kabupaten Serang",  # 18.30 UTC is already the next day in Serang
        "Per 27 Juni 2024, aktivasi IKD di Kabupaten Serang tertinggal 262.443 orang dari garis target: "
        "terealisasi 91.112 orang, sedangkan garis target hari itu 353.555 orang.",
        "Status : di bawah garis target (tingkat: kritis)",
        "Target : 30,00% dari wajib KTP (nasional), yaitu 660.000 orang",
        "Dasar target : Surat Dirjen 400.8.1.2/1634",
        "Masa target : 1 Januari 2024 s.d. 31 Desember 2024",
        "Capaian (terhadap jumlah target) : 13,80% dari 660.000 orang yang ditargetkan",
        "Cakupan (terhadap wajib KTP) : 4,14% dari 2.200.000 wajib KTP",
        "Realisasi : 91.112 orang",
        "Seharusnya per 27 Juni 2024 : 353.555 orang",
        "Selisih : −262.443 orang",
        "Laju 7 hari terakhir : 412,43 orang per hari",
        "Laju 28 hari terakhir : 398,10 orang per hari",
        "Laju yang diperlukan : 3.043 orang per hari",
        "Sisa waktu : 187 hari",
        "Perkiraan per 31 Desember 2024 : 165.564 orang (kisaran 165.000 s.d. 168.236 orang) "
        "dari 664.500 orang yang diperlukan",
        "Perkiraan target tercapai : 20 Mei 2028",
        "https://laju.go.id/v1/regions/36.04/standings?on=2024-06-27",
        "nomor urut 100 pada stream EVENTS",
        "ditjen/36.04#t-1",
        "Versi proyeksi : 1",
        MESSAGE_ID,
    ):
        assert part in text


def test_the_text_of_being_back() -> None:
    text = " ".join(write(back(), Reason.RESOLVED).text.split())

    assert "telah kembali ke garis target: terealisasi 402.750 orang, garis target hari itu 402.700 orang." in text
    assert "Sifat : Biasa" in text
    assert "dinyatakan selesai" in text
    assert "tertinggal" not in text


def test_being_back_at_risk_says_so() -> None:
    assert "laju 7 dan 28 hari terakhir belum mencukupi" in " ".join(
        write(back(status="at_risk"), Reason.RESOLVED).text.split()
    )


@pytest.mark.parametrize(("of", "reason"), [(BEHIND, Reason.FIRST), (back(simulated=True), Reason.RESOLVED)])
def test_both_forms_hold_the_same_numbers(of: Standing, reason: Reason) -> None:
    written = write(of, reason)
    html, text = words_of(written.html), " ".join(written.text.split())

    for label, value in figures.rows(of):
        assert f"{label} {value}" in html
        assert f"{label} : {value}" in text
    assert figures.verdict(of) in html
    assert figures.verdict(of) in text


def test_html_is_fit_for_mail_readers() -> None:
    html = write(BEHIND, Reason.FIRST).html

    assert '<html lang="id">' in html
    assert "prefers-color-scheme: dark" in html
    assert 'class="verdict" style="' in html
    assert html.count("<table") == html.count('role="presentation"') + 1  # only the figures are a table to be read out
    assert not re.search(r"<(img|script|link)\b", html)


def test_simulated_figures_are_marked_in_both_forms() -> None:
    real, simulated = write(BEHIND, Reason.FIRST), write(standing(simulated=True), Reason.FIRST)

    assert "SIMULASI" not in real.text + real.html
    assert "memuat peristiwa simulasi" in simulated.text
    assert "memuat peristiwa simulasi" in words_of(simulated.html)


def test_markup_in_a_name_stays_text() -> None:
    html = write(standing(name="<b>Serang</b>"), Reason.FIRST).html

    assert "<b>Serang" not in html
    assert "<b>Serang</b>" in words_of(html)


def test_missing_numbers_are_named_as_missing() -> None:
    poor = standing(
        attainment_percent=None,
        coverage_percent=None,
        wajib_ktp=None,
        required_rate=None,
        forecast=None,
        target=TARGET.model_copy(update={"basis": "absolute", "value": Decimal(1500), "document": None}),
        severity=None,
    )
    table = dict(figures.rows(poor))

    assert table["Target"] == "1.500 orang (nasional), yaitu 660.000 orang"
    assert table["Dasar target"] == "dokumen tidak dicantumkan"
    assert table["Status"] == "di bawah garis target"
    missing = ["Capaian (terhadap jumlah target)", "Cakupan (terhadap wajib KTP)", "Laju yang diperlukan", "Perkiraan"]
    assert {table[label] for label in missing} == {"belum dapat dihitung"}


def test_a_rolled_up_target_names_its_members() -> None:
    rolled = TARGET.model_copy(update={"basis": "rollup", "members": 7, "of": 9, "authority": "local"})

    assert dict(figures.rows(standing(target=rolled)))["Target"].startswith(
        "jumlah target 7 dari 9 kabupaten/kota (daerah)"
    )


def test_without_a_target_line_there_is_no_letter() -> None:
    with pytest.raises(InvalidError, match="no target line"):
        write(standing(target=None), Reason.FIRST)


def test_numbers_and_dates_are_indonesian() -> None:
    assert figures.number(1_234_567) == "1.234.567"
    assert figures.number(-5) == "−5"
    assert figures.decimal(Decimal("1234.5")) == "1.234,50"
    assert figures.percent(Decimal("18.28")) == "18,28%"
    assert figures.day(date(2026, 8, 17)) == "17 Agustus 2026"
