"""The chart of a notice: the burn-up as a picture inside the mail, with its words beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifier.letters import write_notice
from shared.charts import burn_up
from shared.wording import Language
from tests.unit.notifier.letters.letters import LANGUAGES
from tests.unit.notifier.letters.reading import flat, values_of
from tests.unit.notifier.letters.samples import FIRST, briefing, notice


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_with_a_briefing_has_its_chart(language: Language) -> None:
    letter = write_notice(notice(FIRST, language=language))
    drawn = burn_up(briefing(), language)
    (image,) = letter.images

    assert (image.png, image.alt) == (drawn.png(), drawn.summary)
    assert image.cid == "chart1.0123456789abcdef0123456789abcdef@laju.go.id"
    assert values_of(letter.html, "img", "alt") == [drawn.summary]
    assert drawn.summary in flat(letter.text)


def test_without_a_line_and_a_point_there_is_no_chart() -> None:
    letter = write_notice(notice(replace(FIRST, briefing=briefing(actual=(), plan=()))))

    assert letter.images == ()
    assert values_of(letter.html, "img", "src") == []


@pytest.mark.parametrize("missing", ["actual", "plan"])
def test_one_of_them_is_enough(missing: str) -> None:
    assert len(write_notice(notice(replace(FIRST, briefing=briefing().model_copy(update={missing: ()})))).images) == 1


def test_without_a_briefing_there_is_no_chart() -> None:
    assert write_notice(notice(replace(FIRST, briefing=None))).images == ()
