"""How far figures can be trusted: what contradicts itself, and what merely is not known."""

from __future__ import annotations

import pytest

from services.aggregator.web.pages import quality
from tests.unit.notifier.standings import standing


def checked(active: int, recorded: int | None, wajib_ktp: int | None = 800) -> tuple[str, ...]:
    """The problems of a region with these counts; ``None`` recorded is a region without a row for perekaman."""
    rows = [standing(actual=active, wajib_ktp=wajib_ktp)]
    if recorded is not None:
        rows.append(standing(programme="perekaman", actual=recorded, wajib_ktp=wajib_ktp))
    (found,) = quality.checked(rows)
    return found.problems


def test_what_contradicts_itself_is_found() -> None:
    ikd = standing(actual=900, wajib_ktp=800)
    recorded = standing(programme="perekaman", actual=850, wajib_ktp=800, status="no_data", severity=None)
    (found,) = quality.checked([ikd, recorded])
    assert set(found.problems) == {
        "ikd_exceeds_perekaman", "perekaman_exceeds_wajib_ktp", "ikd_exceeds_wajib_ktp", "silent",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("active", "recorded", "wajib_ktp", "problems"),
    [
        (700, 750, 800, ()),
        (800, 800, 800, ()),
        (700, None, 800, ()),
        # Who never reported recordings has not contradicted itself.
        (700, 0, 800, ()),
        (700, 699, 800, ("ikd_exceeds_perekaman",)),
        (700, 801, 800, ("perekaman_exceeds_wajib_ktp",)),
        (-1, 750, 800, ("negative",)),
        (700, 750, None, ("no_wajib_ktp",)),
    ],
)
def test_only_what_cannot_be_true_is_a_contradiction(
    active: int, recorded: int | None, wajib_ktp: int | None, problems: tuple[str, ...]
) -> None:
    assert checked(active, recorded, wajib_ktp) == problems


def test_regions_with_most_problems_come_first() -> None:
    rows = [standing(region="36.01", actual=1), standing(region="36.02", actual=1, wajib_ktp=None),
            standing(region="36.03", actual=-1, wajib_ktp=None)]  # fmt: skip
    assert [found.region for found in quality.checked(rows)] == ["36.03", "36.02", "36.01"]
