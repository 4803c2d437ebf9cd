"""What a notice says for each reason, and of numbers that do not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.notifier.contents import Reason, Telling
from services.notifier.letters import write_notice
from services.notifier.letters.rows import rows
from services.notifier.letters.wording import wording_in
from services.notifier.recipient import Language
from shared.briefing import Point
from shared.errors import InvalidError
from shared.events.standing import Standing
from tests.unit.notifier.letters.reading import flat, values_of, words_of
from tests.unit.notifier.letters.samples import FIRST, MISSED, SECOND, TELLINGS, back, briefing, notice
from tests.unit.notifier.standings import BEHIND, TARGET, standing

ID = wording_in("id")
NUMBERS = (
    "target", "severity", "base", "required", "expected", "gap", "attainment_percent", "coverage_percent", "wajib_ktp",
    "required_rate", "days_left", "forecast",
)  # fmt: skip
SAID: dict[str, tuple[str, str]] = {
    "first": (
        "IKD 262.443 di bawah garis target per 27 Juni 2024",
        "tertinggal 262.443 orang dari garis target: terealisasi 91.112 orang, sedangkan garis target hari itu 353.555",
    ),
    "worsened": (
        "IKD memburuk menjadi 262.443 di bawah garis target per 27 Juni 2024",
        "memburuk dari tingkat serius ke tingkat kritis: tertinggal 262.443 orang dari garis target (per 3 Juni 2024 "
        "tertinggal 229.226 orang)",
    ),
    "repeat": ("IKD masih 262.443 di bawah garis target", "sebagaimana diberitahukan sejak 3 Juni 2024"),
    "resolved": ("IKD kembali ke garis target per 27 Juli 2024", "telah kembali ke garis target: terealisasi 402.750"),
    "resolved-at-risk": ("IKD kembali ke garis target", "tetapi laju 7 dan 28 hari terakhir belum mencukupi"),
    "resolved-heard": ("IKD dilaporkan kembali, 50 di atas garis target", "kembali diterima: per 27 Juli 2024"),
    "corrected": (
        "IKD dikoreksi, 50 di atas garis target",
        "per 27 Juni 2024 tertinggal 262.443 orang dari garis target dengan realisasi 91.112 orang, dikoreksi setelah "
        "masuknya data yang terlambat atau diperbaiki: per 27 Juli 2024 melampaui garis target sebanyak 50 orang, "
        "terealisasi 402.750 orang",
    ),
    "no-data": ("IKD tanpa laporan terkini per 27 Juni 2024", "artinya data tidak masuk, bukan pelayanan lambat"),
    "no-data-basis": ("IKD belum dapat dinilai per 27 Juni 2024", "yang menjadi dasar target belum dilaporkan"),
    "achieved": ("IKD telah mencapai target per 27 Juli 2024", "660.120 orang dari 660.000 orang yang ditargetkan"),
    "missed": (
        "IKD tidak mencapai target, kurang 148.000 per 31 Desember 2024",
        "yang berakhir pada 31 Desember 2024 tidak tercapai: terealisasi 512.000 orang dari 660.000 orang",
    ),
    "escalated": (
        "IKD belum ditanggapi, 262.443 di bawah garis target",
        "pimpinan di Kabupaten Serang telah diberi tahu pada 3 Juni 2024, tetapi belum ada tanggapan",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_each_reason_has_its_own_words(case: str) -> None:
    subject, sentence = SAID[case]
    letter = write_notice(notice(TELLINGS[case]))

    assert letter.subject.startswith("[Laju] Kabupaten Serang: ")
    assert subject in letter.subject
    assert sentence in flat(letter.text)
    assert sentence in words_of(letter.html)


def test_all_reasons_are_told_differently() -> None:
    told = {telling.reason for telling in TELLINGS.values()}
    texts = [write_notice(notice(telling)) for telling in TELLINGS.values()]

    assert told == set(Reason) - {Reason.NONE}
    assert len({letter.text for letter in texts}) == len(texts)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NONE])
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("poor", [False, True])
def test_every_reason_can_be_told_of_any_standing(reason: Reason, language: Language, poor: bool) -> None:
    of = BEHIND.model_copy(update=dict.fromkeys(NUMBERS)) if poor else BEHIND
    letter = write_notice(notice(Telling(reason, of, "r1", FIRST.links, told=of if poor else None), language=language))

    assert BEHIND.name in letter.subject
    assert BEHIND.name in letter.text
    assert "None" not in letter.subject + letter.text + letter.html


def test_several_lines_share_a_letter() -> None:
    letter = write_notice(notice(FIRST, SECOND))

    assert letter.subject == (
        "[Laju] Kabupaten Serang: IKD 262.443 di bawah garis target per 27 Juni 2024, dan 1 lainnya"
    )
    for part in ("1. Kabupaten Serang: IKD", "2. Kabupaten Serang: perekaman KTP-el", "2.175.662 orang", SECOND.rule):
        assert part in flat(letter.text)
        assert part in words_of(letter.html)
    assert letter.text.count("Nomor ") == 1


def test_it_is_dated_and_numbered_at_the_recipients_office() -> None:
    text = flat(write_notice(notice(FIRST)).text)

    assert "Nomor : 01234567/36.04/IKD/VI/2024 Sifat : Segera Hal : Laju IKD: 262.443 di bawah garis target" in text
    # 18.30 UTC is already the next day in Serang.
    assert "28 Juni 2024 Yth. Kepala Disdukcapil Kabupaten Serang" in text


def test_links_say_what_they_do() -> None:
    letter = write_notice(notice(FIRST))
    without = write_notice(notice(TELLINGS["resolved"]))

    assert values_of(letter.html, "a", "href") == [FIRST.links.page, FIRST.links.acknowledge, FIRST.links.silence]
    assert "Tandai sedang ditangani: untuk sementara tidak ada surat ulangan" in flat(letter.text)
    assert f"\n{FIRST.links.silence}\n" in letter.text
    assert values_of(without.html, "a", "href") == [FIRST.links.page]
    assert "Tandai sedang ditangani" not in without.text


def test_the_footer_lets_anyone_compute_it_again() -> None:
    for form in (flat(write_notice(notice(FIRST)).text), words_of(write_notice(notice(FIRST)).html)):
        for part in (
            FIRST.rule,
            "nomor urut 100 pada stream EVENTS",
            "ditjen/36.04#t-1",
            "Versi proyeksi : 1",
            "<0123456789abcdef0123456789abcdef@laju.go.id>",
        ):
            assert part in form


def test_the_details_are_in_both_forms() -> None:
    letter = write_notice(notice(FIRST))
    text, html = flat(letter.text), words_of(letter.html)

    assert "Anyar bagian dari garis Realisasi: 2.210; Seharusnya: 11.870; Selisih: −9.660" in text
    assert "Anyar bagian dari garis 2.210 11.870 −9.660" in html
    assert "28 dari 29 dapat dibandingkan" in text
    assert "SMA Negeri 1 Kragilan sekolah Hari: 4; Layanan: 1.204; Layanan per hari: 301,00" in text
    assert "Sebelum: 212,04; Selama: 391,60; Sesudah: belum ada" in text
    assert "Sebelum: 380,11; Selama: tanpa akhir; Sesudah: 410,94" in text


def test_an_empty_briefing_says_that_there_is_nothing() -> None:
    known = briefing(behind=(), parts_known=0, yields=(), measures=(), actual=(), plan=())
    letter = write_notice(notice(replace(FIRST, briefing=known)))

    assert "Belum ada yang dapat dibandingkan, dari 29 yang ada." in letter.text
    assert "Tidak ada hasil jemput bola dalam 90 hari sampai dengan 27 Juni 2024." in letter.text
    assert "Belum ada intervensi yang dilaporkan." in letter.text
    assert letter.images == ()


def test_no_part_that_is_behind_is_good_news() -> None:
    letter = write_notice(notice(replace(FIRST, briefing=briefing(behind=()))))

    assert "Tidak ada yang tertinggal; 28 dari 29 dapat dibandingkan." in letter.text


def test_a_correction_names_what_that_day_was_in_truth() -> None:
    told = TELLINGS["corrected"]
    known = briefing(back(), actual=(Point(on=BEHIND.on, count=402_100), Point(on=back().on, count=402_750)))

    text = flat(write_notice(notice(replace(told, briefing=known))).text)
    assert "dengan realisasi 91.112 orang, dikoreksi" in text
    assert "realisasi hari itu ternyata 402.100 orang, dan per 27 Juli 2024" in text
    assert "ternyata" not in write_notice(notice(told)).text


def test_a_briefing_of_another_moment_says_so() -> None:
    later = standing(on=date(2024, 6, 28), actual=91_500, sequence=130)
    letter = write_notice(notice(replace(FIRST, briefing=briefing(later))))

    assert "dihitung kemudian, per 28 Juni 2024 sampai nomor urut 130" in flat(letter.text)
    assert "dihitung kemudian" not in write_notice(notice(FIRST)).text


def test_a_silent_region_is_not_called_slow() -> None:
    text = flat(write_notice(notice(TELLINGS["no-data"])).text)

    assert "Angka berikut berasal dari laporan terakhir yang diterima" in text
    assert "Mohon diperiksa apakah sistem di Kabupaten Serang masih mengirim data ke Laju" in text
    assert "tertinggal" not in text


def test_simulated_figures_are_marked_everywhere() -> None:
    simulated = write_notice(notice(replace(FIRST, standing=standing(simulated=True)), SECOND))
    real = write_notice(notice(FIRST))

    assert simulated.subject.startswith("[Laju] [SIMULASI] Kabupaten Serang: ")
    for form in (flat(simulated.text), words_of(simulated.html)):
        assert "memuat peristiwa simulasi dan bukan angka resmi" in form
        assert "1. Kabupaten Serang: IKD [SIMULASI]" in form
    assert "SIMULASI" not in real.subject + real.text + real.html


def test_there_is_no_letter_about_nothing() -> None:
    with pytest.raises(InvalidError, match="it tells of no line"):
        write_notice(notice())
    with pytest.raises(InvalidError, match="there is no letter for none"):
        write_notice(notice(replace(FIRST, reason=Reason.NONE)))


def test_the_same_contents_make_the_same_letter() -> None:
    assert write_notice(notice(FIRST)) == write_notice(notice(FIRST))


def test_an_office_in_papua_reads_its_own_date() -> None:
    told = notice(FIRST)
    papua = told.recipient.model_copy(update={"region": "91.71"})
    evening = datetime(2024, 6, 30, 16, 30, tzinfo=UTC)

    assert "\n1 Juli 2024\n" in write_notice(replace(told, recipient=papua, written_at=evening)).text
    assert "\n30 Juni 2024\n" in write_notice(replace(told, written_at=evening)).text


def table(of: Standing) -> dict[str, str]:
    return dict(rows(of, None, ID))


def test_percentages_name_which_they_are_and_their_basis() -> None:
    shown = table(BEHIND)

    assert shown["Capaian (terhadap jumlah target)"] == "13,80% dari 660.000 orang yang ditargetkan"
    assert shown["Cakupan (terhadap wajib KTP)"] == "4,14% dari 2.200.000 wajib KTP"


def test_numbers_that_do_not_exist_are_said_not_to() -> None:
    poor = standing(
        attainment_percent=None, coverage_percent=None, wajib_ktp=None, required_rate=None, forecast=None, gap=None,
        expected=None, base=None, days_left=None,
        target=TARGET.model_copy(update={"basis": "absolute", "value": Decimal(1500), "document": None}),
    )  # fmt: skip
    shown = table(poor)

    assert shown["Target"] == "1.500 orang (nasional), yaitu 660.000 orang"
    assert shown["Dasar target"] == "dokumen tidak dicantumkan"
    assert [label for label, value in shown.items() if value == "belum dapat dihitung"] == [
        "Titik awal garis target",
        "Seharusnya per 27 Juni 2024",
        "Selisih",
        "Capaian (terhadap jumlah target)",
        "Cakupan (terhadap wajib KTP)",
        "Laju yang diperlukan",
        "Sisa waktu",
        "Perkiraan",
    ]


def test_a_rolled_up_target_names_its_members() -> None:
    rolled = TARGET.model_copy(update={"basis": "rollup", "members": 7, "of": 9, "authority": "local"})

    assert table(standing(target=rolled))["Target"].startswith("jumlah target 7 dari 9 kabupaten/kota (daerah)")


def test_when_a_target_will_be_met() -> None:
    assert BEHIND.forecast is not None
    never = standing(forecast=BEHIND.forecast.model_copy(update={"finish_on": None}))

    assert table(BEHIND)["Perkiraan target tercapai"] == "20 Mei 2028, pada laju 28 hari terakhir"
    assert table(never)["Perkiraan target tercapai"] == "tidak dalam sepuluh tahun, pada laju 28 hari terakhir"
    assert table(back(actual=660_000))["Perkiraan target tercapai"] == "sudah tercapai"
    assert table(standing(required=None))["Perkiraan target tercapai"] == "belum dapat dihitung"


def test_a_term_that_is_over_is_judged_on_its_last_day() -> None:
    shown = table(MISSED)

    assert shown["Seharusnya per 31 Desember 2024"] == "660.000 orang"
    assert shown["Sisa waktu"] == "0 hari"
    assert shown["Laju yang diperlukan"] == shown["Perkiraan"] == "tidak ada hari tersisa"
