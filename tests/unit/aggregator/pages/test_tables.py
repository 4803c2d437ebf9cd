"""Tables of regions: what is asked for is what is shown, and what is not known comes last."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.web.pages import language, tables
from services.aggregator.web.pages.shell import Shell
from services.aggregator.web.pages.tables import FIGURES, Direction
from shared.events.standing import Standing
from tests.unit.notifier.standings import TARGET, back, standing

ON = date(2024, 6, 27)
REGIONS = ("36.01", "36.02", "36.03", "36.04", "36.71", "51.71")
ROWS = st.lists(
    st.builds(
        standing,
        region=st.sampled_from(REGIONS),
        name=st.sampled_from(["Serang", "Lebak", "Denpasar"]),
        actual=st.integers(0, 900),
        gap=st.none() | st.integers(-500, 500),
        required_rate=st.none() | st.integers(0, 50),
    ),
    max_size=8,
)


def shell(**query: str) -> Shell:
    words = language.words("id")
    return Shell("id", words, "/regions/36", query)


@given(rows=ROWS, key=st.sampled_from([figure.key for figure in FIGURES]), down=st.booleans())
def test_rows_are_in_order_and_the_unknown_last(rows: list[Standing], key: str, down: bool) -> None:
    direction: Direction = "descending" if down else "ascending"
    value = next(figure.value for figure in FIGURES if figure.key == key)
    found = [value(row) for row in tables.in_order(rows, key, direction)]
    known = [number for number in found if number is not None]
    assert len(found) == len(rows)
    assert known == sorted(known, reverse=down)
    assert found[len(known) :] == [None] * (len(rows) - len(known))


@given(rows=ROWS)
def test_the_server_sorts_as_the_script_does_by_what_a_cell_says(rows: list[Standing]) -> None:
    table = tables.regions(rows, shell(sort="gap", dir="asc"), "")
    named = [cell.sort for row in table.rows for cell in row.cells if cell.name == "gap"]
    known = [int(text) for text in named if text]
    assert known == sorted(known)
    assert named[len(known) :] == [""] * (len(named) - len(known))


def test_a_search_is_by_name_or_code_and_headings_turn_the_order_round() -> None:
    rows = [standing(), standing(region="51.71", name="Kota Denpasar")]
    assert [row.code for row in tables.regions(rows, shell(q="DENPA"), "").rows] == ["51.71"]
    assert [row.code for row in tables.regions(rows, shell(q="36.0"), "").rows] == ["36.04"]
    table = tables.regions(rows, shell(sort="name", dir="asc", q="a"), "")
    assert [row.code for row in table.rows] == ["36.04", "51.71"]
    name = table.columns[0]
    assert (name.sorted, name.link) == ("ascending", "/regions/36?sort=name&dir=desc&q=a")
    assert tables.regions(rows, shell(sort="nonsense"), "").columns[1].sorted == "ascending"


def test_nobody_with_a_target_is_no_reason_for_empty_columns() -> None:
    aimless = standing(target=None, status="no_target", severity=None, gap=None, expected=None, required=None,
                       attainment_percent=None, required_rate=None, forecast=None)  # fmt: skip
    keys = [column.key for column in tables.regions([aimless], shell(), "").columns]
    assert keys == ["name", "actual", "coverage", "rate7", "rate28"]


def test_who_needs_a_call_comes_first() -> None:
    rows = [back(region="36.01"), standing(region="36.02", severity="warning"), standing(region="36.03")]
    assert [row.code for row in tables.regions(rows, shell(), "").rows] == ["36.03", "36.02", "36.01"]


def test_of_several_targets_the_nations_next_one_counts() -> None:
    over = TARGET.model_copy(update={"due_on": date(2023, 12, 31)})
    local = TARGET.model_copy(update={"authority": "local"})
    rows = [standing(target=over), standing(target=local), standing(), standing(programme="perekaman")]
    assert tables.principal(rows, "ikd", ON) == [standing()]
    assert tables.principal(rows[:2], "ikd", ON) == [standing(target=local)]
    assert tables.principal(rows[:1], "ikd", ON) == [standing(target=over)]


def test_a_target_counts_until_the_evening_of_its_due_date() -> None:
    later = TARGET.model_copy(update={"due_on": date(2025, 12, 31)})
    rows = [standing(target=later), standing()]
    assert tables.principal(rows, "ikd", TARGET.due_on) == [standing()]
    assert tables.principal(rows, "ikd", TARGET.due_on + timedelta(days=1)) == [standing(target=later)]


def test_a_heading_begins_with_what_one_usually_wants_first() -> None:
    links = {column.key: column.link for column in tables.regions([standing()], shell(), "").columns}
    assert links["actual"] == "/regions/36?sort=actual&dir=desc"
    assert links["gap"] == "/regions/36?sort=gap&dir=asc"
    assert links["status"] == "/regions/36?sort=status&dir=desc", "it is sorted upwards already"
