"""Checks published figures: recomputes each on every basis and names the one that fits, or what would. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from services.aggregator.book import Book
from services.aggregator.facts import Decree
from services.aggregator.figures import percent
from services.aggregator.pace import lines, required_on
from shared.events.base import Frozen
from shared.events.region import Claim
from shared.events.standing import Percent

Verdict = Literal["match", "other_basis", "mismatch", "unverifiable"]


class Recomputed(Frozen):
    """The claimed count (or ours, if none was claimed) on one basis, of ``whole`` people."""

    basis: str
    whole: int
    percent: Percent
    matches: bool


class Fitting(Frozen):
    """What would make the claimed percentage true on ``basis``: this count, or else this base."""

    basis: str
    count: int
    whole: int


class CheckedClaim(Frozen):
    """A claim with what it comes to. ``verdict``: ``match`` on the basis claimed (or on any, if none was),
    ``other_basis`` if only another fits, ``mismatch`` if none does, ``unverifiable`` without a denominator."""

    as_of: date
    programme: str
    source: str
    count: int | None
    percent: Percent | None
    basis: str | None
    actual: int
    recomputed: list[Recomputed]
    matching_basis: list[str]
    verdict: Verdict
    fitting: Fitting | None


def check(claim: Claim, book: Book, decrees: Iterable[Decree]) -> CheckedClaim:
    """Check one claim against the region's book on the claim's own day.

    A percentage matches if it equals the recomputed one rounded half up to as many decimals as were published.
    A bare count is checked against what is known to be done.
    """
    actual = book.done_by(claim.programme, claim.as_of)
    count = claim.count if claim.count is not None else actual
    wholes = _wholes(claim, book, decrees)
    recomputed = [
        Recomputed(basis=basis, whole=whole, percent=share, matches=_equals(claim.percent, count, whole))
        for basis, whole in wholes
        if (share := percent(count, whole)) is not None
    ]
    matching = [row.basis for row in recomputed if row.matches]
    return CheckedClaim(
        as_of=claim.as_of,
        programme=claim.programme,
        source=claim.source,
        count=claim.count,
        percent=None if claim.percent is None else claim.percent.quantize(Decimal("0.01"), ROUND_HALF_UP),
        basis=claim.basis,
        actual=actual,
        recomputed=recomputed,
        matching_basis=matching,
        verdict=_verdict(claim, recomputed, matching, actual),
        fitting=_fitting(claim, count, wholes, matching),
    )


def _wholes(claim: Claim, book: Book, decrees: Iterable[Decree]) -> list[tuple[str, int]]:
    found: list[tuple[str, int | None]] = [("wajib_ktp", book.wajib_ktp_on(claim.as_of))]
    if claim.programme == "ikd":
        found.append(("recorded", book.done_by("perekaman", claim.as_of)))
    for line in lines(decrees):
        in_force = line.in_force(claim.as_of)
        if in_force and in_force[1].programme == claim.programme and claim.as_of <= in_force[1].due_on:
            found.append((f"target ({in_force[1].authority})", required_on(book, in_force[1], claim.as_of)))
    return [(basis, whole) for basis, whole in found if whole is not None and whole > 0]


def _equals(claimed: Decimal | None, count: int, whole: int) -> bool:
    if claimed is None:
        return False
    published = Decimal(1).scaleb(min(int(claimed.as_tuple().exponent), 0))
    return (Decimal(100 * count) / Decimal(whole)).quantize(published, ROUND_HALF_UP) == claimed


def _verdict(claim: Claim, recomputed: list[Recomputed], matching: list[str], actual: int) -> Verdict:
    if claim.percent is None:
        return "match" if claim.count == actual else "mismatch"
    if not recomputed:
        return "unverifiable"
    if claim.basis is None:
        return "match" if matching else "mismatch"
    if any(basis.startswith(claim.basis) for basis in matching):
        return "match"
    return "other_basis" if matching else "mismatch"


def _fitting(claim: Claim, count: int, wholes: list[tuple[str, int]], matching: list[str]) -> Fitting | None:
    if claim.percent is None or claim.percent == 0 or matching:
        return None
    wanted = claim.basis or "wajib_ktp"
    for basis, whole in wholes:
        if basis.startswith(wanted):
            return Fitting(
                basis=basis,
                count=_whole_number(claim.percent * whole / 100),
                whole=_whole_number(Decimal(100 * count) / claim.percent),
            )
    return None


def _whole_number(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
