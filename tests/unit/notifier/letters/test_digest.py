"""The digest in all its states: something to act on, all well, no targets, more rows than are shown."""

from __future__ import annotations

from dataclasses import replace

from services.notifier.contents import DigestRow
from services.notifier.letters import write_digest
from tests.unit.notifier.letters.reading import flat, tags_of, values_of, words_of
from tests.unit.notifier.letters.samples import ROWS, WELL, digest, line
from tests.unit.notifier.standings import standing


def test_the_first_sentence_counts_all_lines() -> None:
    letter = write_digest(digest(*ROWS, untold=2))
    sentence = (
        "Per 27 Juni 2024, dari 7 target di Provinsi Banten, 3 di bawah garis target, 1 berisiko, 1 sesuai garis "
        "target, dan 1 tanpa data terkini."
    )

    assert letter.subject == (
        "[Laju] Provinsi Banten: rekapitulasi per 27 Juni 2024, 3 dari 7 target di bawah garis target"
    )
    for form in (flat(letter.text), words_of(letter.html)):
        assert sentence in form
        assert "Selain itu 1 telah tercapai. 3 target berubah sejak rekapitulasi sebelumnya." in form
        assert "2 kabupaten/kota belum mempunyai target." in form


def test_a_row_says_status_change_and_acknowledgement() -> None:
    letter = write_digest(digest(*ROWS))

    assert (
        "Kabupaten Serang: IKD di bawah garis target (tingkat: kritis) berubah, sebelumnya berisiko; sudah ditanggapi; "
        "target nasional s.d. 31 Des 2024 Selisih (orang): −262.443; Cakupan (dari wajib KTP): 4,14%"
    ) in flat(letter.text)
    assert (
        "Kabupaten Serang: IKD di bawah garis target (tingkat: kritis) berubah, sebelumnya berisiko sudah ditanggapi "
        "target nasional s.d. 31 Des 2024 −262.443 4,14%"
    ) in words_of(letter.html)
    assert "baru sejak rekapitulasi sebelumnya" in flat(letter.text)
    assert "Selisih (orang): belum dapat dihitung" in letter.text


def test_a_change_of_severity_alone_is_told_as_that() -> None:
    graver = write_digest(digest(replace(ROWS[0], before="behind"))).text

    assert "di bawah garis target (tingkat: kritis)\n    berubah tingkatnya; sudah ditanggapi" in graver


def test_all_well() -> None:
    letter = write_digest(digest(*WELL))

    assert letter.subject == "[Laju] Provinsi Banten: rekapitulasi per 27 Juni 2024, 2 target tanpa catatan"
    assert "Tidak ada target yang memerlukan tindak lanjut. Tidak ada target yang berubah" in flat(letter.text)


def test_no_targets_at_all() -> None:
    letter = write_digest(digest(untold=8))

    assert letter.subject == "[Laju] Provinsi Banten: rekapitulasi per 27 Juni 2024, belum ada target"
    assert "belum ada target yang tercatat untuk Provinsi Banten" in flat(letter.text)
    assert "8 kabupaten/kota belum mempunyai target." in letter.text
    assert tags_of(letter.html)["th"] == 0
    # A head has no other kab/kota that could be without one.
    assert "1 kabupaten/kota" not in write_digest(digest(role="head", untold=1)).text


def test_it_says_when_the_next_one_comes() -> None:
    for rows in (ROWS, WELL, ()):
        assert "Rekapitulasi berikutnya dikirim paling lambat pada 4 Juli 2024." in flat(
            write_digest(digest(*rows)).text
        )


def test_where_no_next_one_will_come_none_is_promised() -> None:
    letter = write_digest(replace(digest(*ROWS), next_on=None))
    assert "berikutnya" not in letter.text
    assert "berikutnya" not in letter.html


def test_sixty_rows_are_shown_and_all_are_counted() -> None:
    standings = [line(f"Kabupaten Panjang Nomor {at}", "36.04", "behind", -at, "critical") for at in range(1, 515)]
    many = [DigestRow(one, changed=True, before="on_pace", acknowledged=True) for one in standings]
    letter = write_digest(digest(*many, role="directorate"))
    sixty = write_digest(digest(*many[:60], role="directorate"))

    assert "dari 514 target di Indonesia, 514 di bawah garis target" in flat(letter.text)
    assert letter.html.count('scope="row"') == 60
    assert "Nomor 60: IKD" in letter.text
    assert "Nomor 61: IKD" not in letter.text
    assert "dan 454 lainnya:\nhttps://laju.go.id/wilayah/ID\n" in letter.text
    assert values_of(letter.html, "a", "href") == ["https://laju.go.id/wilayah/ID"] * 2
    assert "lainnya:" not in sixty.text
    assert len(letter.html.encode()) < 100_000  # Gmail cuts off what is longer than 102 kB


def test_simulated_rows_mark_the_digest() -> None:
    row = replace(ROWS[0], standing=standing(simulated=True))
    letter = write_digest(digest(row, *ROWS[1:]))

    assert letter.subject.startswith("[Laju] [SIMULASI] Provinsi Banten: ")
    assert "Kabupaten Serang: IKD [SIMULASI]" in letter.text
    assert letter.text.count("[SIMULASI]") == 1
    assert "bukan angka resmi" in words_of(letter.html)


def test_it_names_what_it_was_computed_from() -> None:
    assert "nomor urut 101 pada stream EVENTS" in write_digest(digest(*ROWS)).text
