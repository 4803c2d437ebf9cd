"""What is hidden cannot be computed: for every hidden cell there is another table, with another count in that cell, of
which exactly the same would be told. The one who looks knows the rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.suppression import Suppression, Told
from shared.wilayah import children

smallest = st.integers(3, 12)
tables = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2), st.one_of(st.integers(0, 15), st.integers(0, 2000)), max_size=12
)


def _told(table: Told[str]) -> Hashable:
    """Everything that whoever looks can see."""
    return frozenset(table.shown.items()), table.hidden, table.total, table.withheld


@pytest.mark.parametrize("least", [3, 4, 5])
@pytest.mark.parametrize("cells", [1, 2, 3, 4])
def test_of_all_small_tables_none_gives_a_hidden_cell_away(cells: int, least: int) -> None:
    suppression = Suppression(least)
    alike: dict[tuple[Hashable, frozenset[str]], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(least + 4), repeat=cells):
        table = suppression.table({str(cell): count for cell, count in enumerate(counts)})
        alike[_told(table), table.hidden].append(counts)

    for (_, hidden), consistent in alike.items():
        for cell in hidden:
            assert len({counts[int(cell)] for counts in consistent}) > 1, consistent


@given(tables, smallest)
def test_a_larger_table_does_not_either(counts: dict[str, int], least: int) -> None:
    suppression = Suppression(least)
    told = suppression.table(counts)

    for cell in told.hidden:
        others = [
            exchanged
            for exchanged in (*_exchanged(counts, cell, told), *_moved(counts, cell, told))
            if exchanged[cell] != counts[cell] and _told(suppression.table(exchanged)) == _told(told)
        ]
        assert others, (counts, cell)


def _exchanged(counts: Mapping[str, int], cell: str, told: Told[str]) -> list[dict[str, int]]:
    """The tables with this cell's count in another hidden cell, and that one's in this."""
    return [{**counts, cell: counts[other], other: counts[cell]} for other in told.hidden]


def _moved(counts: Mapping[str, int], cell: str, told: Told[str]) -> list[dict[str, int]]:
    """Where nothing of the cells is told: those with a few more here and fewer there, or just another count."""
    if not told.withheld:
        return []
    moved = [
        {**counts, cell: counts[cell] + change, other: counts[other] - change}
        for other in counts.keys() - {cell}
        for change in (-1, 1)
        if counts[cell] + change >= 0 and counts[other] - change >= 0
    ]
    return moved + [{**counts, cell: count} for count in range(20)]


@given(tables, smallest)
def test_no_small_count_is_told_and_the_rest_is_true(counts: dict[str, int], least: int) -> None:
    told = Suppression(least).table(counts)

    assert not any(0 < count < least for count in told.shown.values())
    assert told.shown.keys() | told.hidden == counts.keys()
    assert not told.shown.keys() & told.hidden
    assert all(counts[key] == count for key, count in told.shown.items())
    assert told.total in (None, sum(counts.values()))
    assert told.total is None or not 0 < told.total < least


@given(tables, smallest)
def test_zero_stays_zero_unless_nothing_is_told_at_all(counts: dict[str, int], least: int) -> None:
    told = Suppression(least).table(counts)

    assert told.withheld or all(counts[key] for key in told.hidden)
    assert told.withheld == (bool(told.hidden) and max(counts.values()) < least)


@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_names_do_not_matter(names: list[str], counts: list[int]) -> None:
    told = Suppression(5).table(dict(zip("abcd", counts, strict=True)))
    renamed = Suppression(5).table(dict(zip(names, counts, strict=True)))

    assert renamed.hidden == {dict(zip("abcd", names, strict=True))[key] for key in told.hidden}


@given(tables)
def test_nothing_is_hidden_unless_one_wants_it(counts: dict[str, int]) -> None:
    assert Suppression().table(counts) == Told(counts, frozenset(), sum(counts.values()))


@pytest.mark.parametrize(
    ("counts", "hidden", "total"),
    [
        ([], "", 0),
        ([0, 0], "", 0),
        ([5, 7], "", 12),
        ([3, 50, 70], "ab", 123),
        ([3, 4, 70], "ab", 77),
        ([3, 3, 70, 90], "abc", 166),
        ([3, 50, 50, 70], "abc", 173),
        ([3, 0, 50], "ac", 53),
        ([3], "a", None),
        ([1, 1], "ab", None),
        ([3, 4], "ab", 7),
        ([4, 4], "ab", None),
        ([1, 1, 1, 1, 1, 0], "abcdef", 5),
        # Changes: of somebody who is gone, or moved, it is told as little as of somebody who came.
        ([-3, 50, 70], "ab", 117),
        ([-3, 4, 70], "ab", 71),
        ([-7, 30], "", 23),
        ([-3, 30, -30], "abc", None),
    ],
)
def test_what_is_hidden_below_five(counts: list[int], hidden: str, total: int | None) -> None:
    told = Suppression(5).table(dict(zip("abcdef", counts, strict=False)))

    assert (told.hidden, told.total) == (frozenset(hidden), total)


KOTA = "51.71"
SELATAN, TIMUR, BARAT, UTARA = children(KOTA)
ONE, TWO = children(SELATAN)[:2]


def _hidden(counts: Mapping[str, int]) -> set[str]:
    """Of the kecamatan of Denpasar, and the desa of Denpasar Selatan, those that are hidden."""
    suppression = Suppression(5)
    return {
        code
        for code in (KOTA, *children(KOTA), *children(SELATAN))
        if suppression.hides(code, lambda c: counts.get(c, 0))
    }


def test_parts_are_a_table_and_what_a_hidden_part_is_made_of_is_hidden_with_it() -> None:
    desa = {ONE: 90, TWO: 10}
    assert _hidden({SELATAN: 100, TIMUR: 200, **desa}) == set()
    assert _hidden({SELATAN: 100, TIMUR: 200, ONE: 97, TWO: 3}) == {ONE, TWO}
    # Timur is small; Selatan is next in size, and would be the sum of its desa.
    assert _hidden({SELATAN: 100, TIMUR: 3, BARAT: 200, **desa}) == {SELATAN, TIMUR, *children(SELATAN)}
    assert _hidden({SELATAN: 300, TIMUR: 3, BARAT: 200, **desa}) == {TIMUR, BARAT}


def test_a_kota_of_few_is_told_and_nothing_within() -> None:
    assert _hidden({SELATAN: 3, ONE: 3}) == {*children(KOTA), *children(SELATAN)}


def test_two_hidden_parts_cannot_be_told_apart() -> None:
    for counts in permutations([3, 40, 200, 300]):
        hidden = _hidden(dict(zip(children(KOTA), counts, strict=True))) & set(children(KOTA))
        assert {counts[children(KOTA).index(code)] for code in hidden} == {3, 40}
