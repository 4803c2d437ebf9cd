"""All letters that are compared with golden texts, by the name of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.notifier.letters import Letter, write_digest, write_heartbeat, write_notice
from services.notifier.recipient import Language, Role
from tests.unit.notifier.letters.samples import FIRST, ROWS, SECOND, TELLINGS, WELL, digest, heartbeat, notice

LANGUAGES: tuple[Language, ...] = ("id", "en")
WARNINGS = ("Satu surat ditolak penerima.", "Berkas penerima tidak dapat dibaca.")


def letters_in(language: Language, rule: str | None = None) -> Iterator[tuple[str, Letter]]:
    """One letter for each reason and each form of a digest and a heartbeat; ``rule`` in place of the samples' own."""
    for name, telling in TELLINGS.items():
        role: Role = "province" if name == "escalated" else "head"
        told = telling if rule is None else replace(telling, rule=rule)
        yield f"notice-{name}-{language}", write_notice(notice(told, role=role, language=language))
    if rule is None:
        yield f"notice-two-{language}", write_notice(notice(FIRST, SECOND, language=language))
    yield f"digest-{language}", write_digest(digest(*ROWS, language=language, untold=1))
    yield f"digest-well-{language}", write_digest(digest(*WELL, language=language))
    yield f"digest-none-{language}", write_digest(digest(role="head", language=language, untold=1))
    yield f"heartbeat-{language}", write_heartbeat(heartbeat(language=language))
    yield f"heartbeat-warned-{language}", write_heartbeat(heartbeat(*WARNINGS, language=language))


LETTERS: dict[str, Letter] = {name: letter for language in LANGUAGES for name, letter in letters_in(language)}
