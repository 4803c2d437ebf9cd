"""The colours: enough contrast for text and for what carries meaning, on every ground that a chart may lie on."""

from __future__ import annotations

import pytest

from shared.charts import SHADES
from shared.charts.colours import Colour

TEXT: tuple[Colour, ...] = ("ink", "muted", "actual", "gap", "step")
LINES: tuple[Colour, ...] = (*TEXT, "measure", "gain", "loss", "visitor")
LIGHT, DARK = ("#ffffff", "#f6f8fa", "#f2f4f6"), ("#161b22", "#171e26", "#0d1117")


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", LINES)
def test_what_carries_meaning_can_be_told_from_every_ground(colour: Colour) -> None:
    needed = 4.5 if colour in TEXT else 3

    assert min(contrast(SHADES[colour].light, ground) for ground in LIGHT) >= needed
    assert min(contrast(SHADES[colour].dark, ground) for ground in DARK) >= needed


def test_the_numbers_on_flags_can_be_read() -> None:
    assert contrast(SHADES["ground"].light, SHADES["measure"].light) >= 4.5
    assert contrast(SHADES["ground"].dark, SHADES["measure"].dark) >= 4.5
