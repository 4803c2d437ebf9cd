"""Published figures, recomputed on each basis."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.claims import CheckedClaim, check
from services.aggregator.facts import Decree, Opening
from shared.events.region import Claim, Target, WajibKtp

DAY = date(2024, 6, 27)
SERANG = Book(
    {"ikd": Track({}, [Opening(DAY, 31_000)])},
    Denominator([WajibKtp(region="36.04", as_of=DAY, count=1_200_000, source="siak")]),
)
TARGET = Target(
    region="36.04", programme="ikd", authority="local", basis="percent_of_wajib_ktp", value=Decimal(50),
    start_on=date(2024, 1, 1), due_on=date(2024, 12, 31), effective_on=date(2024, 1, 1),
)  # fmt: skip
DECREES = [Decree("test#1", ("ikd", "local", TARGET.due_on), TARGET.effective_on, TARGET)]


def checked(book: Book = SERANG, **fields: Any) -> CheckedClaim:
    claim = Claim(**{"region": "36.04", "as_of": DAY, "programme": "ikd", "source": "test", **fields})
    return check(claim, book, DECREES)


def test_a_percentage_that_fits_no_basis_is_flagged_with_what_would_fit() -> None:
    result = checked(count=31_000, percent=Decimal("2.75"))
    assert [(row.basis, str(row.percent)) for row in result.recomputed] == [
        ("wajib_ktp", "2.58"),
        ("target (local)", "5.17"),
    ]
    assert result.verdict == "mismatch"
    assert result.fitting is not None
    assert (result.fitting.count, result.fitting.whole) == (33_000, 1_127_273)


@pytest.mark.parametrize(
    ("fields", "verdict", "matching"),
    [
        ({"percent": Decimal("2.58")}, "match", ["wajib_ktp"]),
        ({"percent": Decimal("2.6")}, "match", ["wajib_ktp"]),
        ({"percent": Decimal("5.17"), "basis": "target"}, "match", ["target (local)"]),
        ({"percent": Decimal("5.17"), "basis": "wajib_ktp"}, "other_basis", ["target (local)"]),
        ({"percent": Decimal("5.17"), "count": 30_000}, "mismatch", []),
        # 2.585 is half-way: published figures are rounded up there.
        ({"percent": Decimal("2.59"), "count": 31_020}, "match", ["wajib_ktp"]),
        ({"percent": Decimal("2.58"), "count": 31_020}, "mismatch", []),
        ({"count": 31_000}, "match", []),
        ({"count": 33_000}, "mismatch", []),
    ],
)
def test_the_matching_basis_is_named(fields: dict[str, Any], verdict: str, matching: list[str]) -> None:
    result = checked(**fields)
    assert (result.verdict, result.matching_basis) == (verdict, matching)


def test_a_target_is_a_basis_until_it_is_due() -> None:
    bases = {
        day: [row.basis for row in checked(as_of=day, percent=Decimal(5)).recomputed]
        for day in (TARGET.due_on, TARGET.due_on + timedelta(days=1))
    }
    assert [*bases.values()] == [["wajib_ktp", "target (local)"], ["wajib_ktp"]]


def test_without_a_denominator_nothing_can_be_said() -> None:
    claim = Claim(region="36.04", as_of=DAY, programme="perekaman", percent=Decimal(99), source="test")
    assert check(claim, Book(), []).verdict == "unverifiable"
