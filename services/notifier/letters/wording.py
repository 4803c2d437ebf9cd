"""The words of the letters, which lie in ``words/``."""

from __future__ import annotations

from shared import wording
from shared.wording import Language, Wording


def wording_in(language: Language) -> Wording:
    """The words in a language, read once."""
    return wording.wording_in("services.notifier.letters", language)
