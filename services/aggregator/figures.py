"""The roundings of the contract: counts are whole, requirements round up, expectations half up, percentages to two
decimals half up. Everything is exact integer or decimal arithmetic; there is no float anywhere."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

_HUNDREDTH = Decimal("0.01")


def percent(part: int, whole: int | None) -> Decimal | None:
    """``part`` of ``whole`` in per cent with two decimals, half up; ``None`` without a positive ``whole``."""
    if whole is None or whole <= 0:
        return None
    return half_up(Decimal(100 * part), Decimal(whole))


def half_up(part: Decimal, whole: Decimal) -> Decimal:
    """``part`` ÷ ``whole`` with two decimals, half up (away from zero)."""
    return (part / whole).quantize(_HUNDREDTH, ROUND_HALF_UP)


def share_rounded_up(value_percent: Decimal, whole: int) -> int:
    """``value_percent`` per cent of ``whole`` people, rounded up to a person."""
    return int((value_percent * whole / 100).to_integral_value(ROUND_CEILING))


def divided_up(part: int, whole: int) -> int:
    """``part`` ÷ ``whole``, rounded up."""
    return -(-part // whole)


def divided_half_up(part: int, whole: int) -> int:
    """``part`` ÷ ``whole`` for a positive ``whole``, rounded to the nearest integer, a half upwards."""
    return (2 * part + whole) // (2 * whole)
