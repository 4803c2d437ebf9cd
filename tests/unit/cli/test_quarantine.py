"""What the quarantine shows: enough to know an event by, nothing to know a person by."""

from __future__ import annotations

import pytest

from services.cli.quarantine import Entry, Retried, without_personal_data
from shared.quarantine import Quarantined

ENTRY = Entry(
    "0" * 24,
    "quarantine.events." + "0" * 24,
    7,
    Quarantined("siak/51.71#5171012304990001", "type: unknown", "EVENTS", 3, '{"citizen":"k1:0123456789abcdef"}'),
    "2024-06-27T02:00:00+00:00",
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("k1:00112233445566778899aabbccddeeff", "k1:0011…"),
        ('{"citizen":"k12:abcdef0123456789","n":1}', '{"citizen":"k12:abcd…","n":1}'),
        ("nik 5171012304990001", "nik …"),
        ("5171 0123 0499 0001 and 51.71.01.230499.0001", "… and …"),
        ("2024-06-20T10:00:00+08:00 in 51.71.01.1001", "2024-06-20T10:00:00+08:00 in 51.71.01.1001"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("siak/51.71#test-12 in envelope 3", "siak/51.71#test-12 in envelope 3"),
    ],
)
def test_pseudonyms_are_shortened_and_long_numbers_left_out(text: str, shown: str) -> None:
    assert without_personal_data(text) == shown


def test_an_entry_shows_no_personal_data() -> None:
    shown = ENTRY.shown(event=True)
    assert (shown["identity"], shown["event"]) == ("siak/51.71#…", '{"citizen":"k1:0123…"}')
    assert "event" not in ENTRY.shown()


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (Retried(ENTRY, "applied"), "applied, and no longer in quarantine"),
        (Retried(ENTRY, "rejected", "why", ENTRY.id), "still in quarantine: why"),
        (Retried(ENTRY, "rejected", "why", "1" * 24), f"still in quarantine, now as {'1' * 24}: why"),
    ],
)
def test_an_outcome_is_a_sentence(result: Retried, told: str) -> None:
    assert result.told() == f"{ENTRY.id} (siak/51.71#…): {told}"
