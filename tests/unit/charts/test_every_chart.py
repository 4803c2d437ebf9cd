"""What holds for every chart, whatever it is of: well-formed, harmless, readable, and the same each time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.briefing import Briefing, Point
from shared.charts import Day, Share, TargetStep, burn_up, daily, flows, shares
from shared.events.standing import Forecast
from shared.wording import Language
from tests.unit.charts.reading import hold, letters, texts
from tests.unit.charts.samples import DRAWN, LANGUAGES, STEPS
from tests.unit.notifier.letters.samples import MEASURES, briefing
from tests.unit.notifier.standings import TARGET, standing

OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"
HOSTILE = [
    "$x_1$ & <b onload=\"f('y')\"> ]]> &amp; --> </svg>",
    "סרנג محافظة سيرانج",
    f"{OVERRIDE}gnareS\N{ZERO WIDTH JOINER}\N{ZERO WIDTH SPACE}",
    "e\u0301\u0302\u0303" * 40,
    "セラン県" * 40,
    "\x00\x07\n\t\ud800\ufffe\u2028",
    "W" * 5_000,
    "",
]
names = st.one_of(st.text(max_size=200), st.sampled_from(HOSTILE))
counts = st.one_of(st.integers(0, 3_000_000), st.sampled_from([0, 1, 400_000_000, 10**15]))
changes = st.one_of(st.integers(-3_000, 3_000), st.sampled_from([0, -(10**12), 10**12]))
dates = st.dates(date(2011, 1, 1), date(2100, 12, 31))
languages = st.sampled_from(LANGUAGES)
rows = st.lists(st.builds(Share, names, st.one_of(counts, changes)), max_size=20)


@st.composite
def briefings(draw: st.DrawFn) -> Briefing:
    """Of any day against any target, with any way so far, also one of nothing."""
    start = draw(dates)
    due = start + timedelta(days=draw(st.integers(0, 1_500)))
    on = start + timedelta(days=draw(st.integers(-5, 1_600)))
    maybe = st.one_of(st.none(), counts)
    actual, expected = draw(counts), draw(maybe)
    days = sorted(draw(st.sets(st.integers(0, max((on - start).days, 0)), max_size=130)))
    ahead = Forecast(on=due, count=draw(counts), low=draw(counts), high=draw(counts))
    of = standing(
        name=draw(names),
        on=on,
        target=draw(st.sampled_from([None, TARGET.model_copy(update={"start_on": start, "due_on": due})])),
        actual=actual,
        required=draw(maybe),
        expected=expected,
        gap=None if expected is None else actual - expected,
        forecast=draw(st.sampled_from([None, ahead])),
    )
    measure = MEASURES[0]
    measures = [
        measure.model_copy(update={"title": title, "starts_on": starts_on})
        for title, starts_on in draw(st.lists(st.tuples(names, st.one_of(st.just(on), dates)), max_size=12))
    ]
    return briefing(
        standing(),
        standing=of,
        actual=tuple(Point(on=start + timedelta(days=day), count=draw(counts)) for day in days),
        plan=draw(st.sampled_from([(), (Point(on=start, count=0), Point(on=due, count=draw(counts)))])),
        measures=tuple(measures),
    )


steps = st.lists(st.builds(TargetStep, dates, counts, st.one_of(st.none(), names)), max_size=6).map(
    lambda found: sorted(found, key=lambda step: step.on)
)


@settings(deadline=None, max_examples=150)
@given(of=briefings(), decided=steps, language=languages, narrow=st.booleans())
def test_any_way_can_be_drawn(of: Briefing, decided: Sequence[TargetStep], language: Language, narrow: bool) -> None:
    hold(burn_up(of, language, steps=decided, narrow=narrow))


@settings(deadline=None, max_examples=100)
@given(
    days=st.lists(
        st.builds(Day, st.one_of(dates, st.dates(date(2024, 1, 1), date(2024, 5, 1))), changes), max_size=140
    ),
    title=names,
    needed=st.one_of(st.none(), counts),
    shown=st.integers(-1, 200),
    language=languages,
    narrow=st.booleans(),
)
def test_any_days_can_be_drawn(
    days: list[Day], title: str, needed: int | None, shown: int, language: Language, narrow: bool
) -> None:
    hold(daily(days, language, title, needed=needed, shown=shown, narrow=narrow))


@settings(deadline=None, max_examples=100)
@given(of=rows, title=names, language=languages, narrow=st.booleans())
def test_any_shares_can_be_drawn(of: list[Share], title: str, language: Language, narrow: bool) -> None:
    hold(shares(of, language, title, narrow=narrow))


@settings(deadline=None, max_examples=100)
@given(name=names, at_home=counts, away=rows, visitors=rows, language=languages, narrow=st.booleans())
def test_any_flows_can_be_drawn(
    name: str, at_home: int, away: list[Share], visitors: list[Share], language: Language, narrow: bool
) -> None:
    hold(flows(name, language, at_home=at_home, away=away, visitors=visitors, narrow=narrow))


@pytest.mark.filterwarnings("ignore:Glyph")  # the font of the mails has no letters of some scripts
@settings(deadline=None, max_examples=15)
@given(of=briefings(), decided=steps)
def test_any_way_becomes_a_png(of: Briefing, decided: Sequence[TargetStep]) -> None:
    png = burn_up(of, "id", steps=decided).png()

    with Image.open(BytesIO(png)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (1080, 810))


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrow", [False, True])
def test_the_samples_hold(kind: str, language: Language, narrow: bool) -> None:
    hold(DRAWN[kind](language, narrow))


@pytest.mark.parametrize("kind", DRAWN)
def test_a_phone_shows_no_letters_smaller_than_11_pixels(kind: str) -> None:
    """On a page of 360 CSS pixels, in a card with margins, borders and paddings of 16, 1 and 16."""
    chart = DRAWN[kind]("id", True)

    assert min(letters(chart)) * (360 - 2 * (16 + 1 + 16)) / chart.scene.width >= 11


@pytest.mark.parametrize("kind", DRAWN)
def test_the_same_gives_the_same_bytes(kind: str) -> None:
    """Also in another process, where strings have other hashes."""
    code = (
        "import sys, hashlib; from tests.unit.charts.samples import DRAWN; chart = DRAWN[sys.argv[1]]('id', False);"
        "print(hashlib.sha256(chart.svg().encode()).hexdigest(), hashlib.sha256(chart.png()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code, kind],
            check=True,
            capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1


def test_charts_with_the_same_words_have_ids_of_their_own() -> None:
    plain, stepped = burn_up(briefing(), "id"), burn_up(briefing(), "id", steps=STEPS)

    assert plain.summary == stepped.summary
    assert plain.svg().split('id="')[1] != stepped.svg().split('id="')[1]


def test_charts_on_one_page_have_ids_of_their_own() -> None:
    ids = {
        line
        for draw in DRAWN.values()
        for narrow in (False, True)
        for line in draw("id", narrow).svg().split('id="')[1:3]
    }

    assert len(ids) == 2 * 2 * len(DRAWN)


def test_what_comes_from_outside_stays_text() -> None:
    name = HOSTILE[0]
    drawn = shares([Share(name, 3)], "id", name)

    assert f"{name} 3" in drawn.summary
    assert any(text.startswith("$x_1$ & <b onload") for text in texts(drawn))
    assert "<b" not in drawn.svg()


def test_pages_do_not_load_what_draws_pngs() -> None:
    code = (
        "import sys, services.notifier.letters; from tests.unit.charts.samples import DRAWN;"
        "svgs = [draw('id', False).svg() for draw in DRAWN.values()];"
        "sys.exit('matplotlib' in sys.modules or 'PIL' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_threads_do_not_disturb_each_other() -> None:
    charts = [draw(language, False) for draw in DRAWN.values() for language in LANGUAGES]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda chart: (chart.svg(), chart.png()), charts))

    assert together == [(chart.svg(), chart.png()) for chart in charts]
