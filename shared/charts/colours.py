"""The colours of charts: each has a CSS variable, which a page may set, and a light and a dark value.

Text and what carries meaning reach the contrast of WCAG 2.2 AA on the grounds of the pages and of the mails. Lines
differ in form as well, so that nothing is told by colour alone. The light values follow Okabe and Ito, *Color Universal
Design* (2008), which people tell apart with any kind of colour vision.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Colour = Literal[
    "ink", "muted", "grid", "axis", "ground", "actual", "band", "gap", "step", "measure", "gain", "loss", "visitor",
]  # fmt: skip


class Shade(NamedTuple):
    """One colour on a light and on a dark ground, as ``#rrggbb``."""

    light: str
    dark: str


SHADES: dict[Colour, Shade] = {
    "ink": Shade("#24292f", "#e6edf3"),
    "muted": Shade("#57606a", "#a9b3bd"),
    "grid": Shade("#e3e6ea", "#2b313a"),
    "axis": Shade("#8c959f", "#6e7681"),
    # Behind the letters where they cross a line, and of the numbers on flags: the ground of the page's chart.
    "ground": Shade("#ffffff", "#161b22"),
    "actual": Shade("#0069a8", "#58a6ff"),
    "band": Shade("#bfddee", "#1d3b57"),
    "gap": Shade("#b34700", "#ff9a57"),
    "step": Shade("#7b3f98", "#c9a0e6"),
    "measure": Shade("#1a6b32", "#56d364"),
    "gain": Shade("#4f90bb", "#3d77b8"),
    "loss": Shade("#c9733d", "#b8622f"),
    "visitor": Shade("#7b3f98", "#c9a0e6"),
}


def css_variable(colour: Colour) -> str:
    """The name of the variable by which a page sets a colour: ``--chart-actual``."""
    return f"--chart-{colour}"
