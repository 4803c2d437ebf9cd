"""The heartbeat: alive when, with which figures and warnings."""

from __future__ import annotations

from services.notifier.letters import write_heartbeat
from tests.unit.notifier.letters.reading import flat, words_of
from tests.unit.notifier.letters.samples import heartbeat


def test_figures_and_the_moment_are_indonesian() -> None:
    letter = write_heartbeat(heartbeat())

    assert letter.subject == "[Laju] Laporan harian sistem per 28 Juni 2024: tanpa peringatan"
    assert "bekerja pada 28 Juni 2024 01.30 WIB." in letter.text
    assert "Surat terkirim : 1.204" in flat(letter.text)
    assert "Surat terkirim 1.204" in words_of(letter.html)
    assert "Tidak ada peringatan." in letter.text


def test_warnings_are_counted_in_the_subject() -> None:
    letter = write_heartbeat(heartbeat("Antrean tertahan.", "Satu surat ditolak."))

    assert letter.subject.endswith(": 2 peringatan")
    assert "  - Antrean tertahan.\n  - Satu surat ditolak.\n" in letter.text
    assert "Antrean tertahan." in words_of(letter.html)
    assert "Tidak ada peringatan" not in letter.text


def test_english() -> None:
    letter = write_heartbeat(heartbeat(language="en"))

    assert letter.subject == "[Laju] Daily system report of 28 June 2024: no warnings"
    assert "Surat terkirim : 1,204" in flat(letter.text)
