"""A drawing as SVG to put into a page.

It obeys a Content-Security-Policy of ``default-src 'none'``: no style attributes, no scripts, no addresses. Colours are
presentation attributes with CSS variables, so that a page's own style sheet decides on them; letters are the page's.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from xml.sax.saxutils import escape

from shared.charts.colours import SHADES, Colour, css_variable
from shared.charts.scene import Dot, Item, Scene, Shape, Spot, Text

_HALO = 3.5


def as_svg(scene: Scene, title: str, summary: str) -> str:
    """One ``svg`` element without width and height: it takes the width that it is given. Its ids come from what it
    shows, so that several charts can stand on one page. The same scene and words give the same text."""
    drawn = "".join(map(_element, scene.items))
    view = f"0 0 {_number(scene.width)} {_number(scene.height)}"
    name = "chart-" + blake2b("\n".join((view, title, summary, drawn)).encode(), digest_size=6).hexdigest()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-summary">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-summary">{escape(summary)}</desc>'
        f"{drawn}</svg>"
    )


def _element(item: Item) -> str:
    match item:
        case Shape():
            return f"<path{_path(item)}/>"
        case Dot():
            place = f' cx="{_number(item.x)}" cy="{_number(item.y)}" r="{_number(item.radius)}"'
            return f"<circle{place}{_paint('fill', item.fill)}/>"
        case Text():
            return f"<text{_letters(item)}>{escape(item.text)}</text>"


def _path(shape: Shape) -> str:
    close = "Z" if shape.fill else ""
    corners = "".join(f"{_run(part)}{close}" for part in shape.parts)
    stroked = ""
    if shape.stroke:
        stroked = f'{_paint("stroke", shape.stroke)} stroke-width="{_number(shape.width)}"'
        if shape.dash:
            stroked += f' stroke-dasharray="{" ".join(map(_number, shape.dash))}"'
        if shape.rounded:
            stroked += ' stroke-linecap="round" stroke-linejoin="round"'
    return f' d="{corners}"{_paint("fill", shape.fill)}{stroked}'


def _run(corners: Sequence[Spot]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in corners)


def _letters(text: Text) -> str:
    placed = f' x="{_number(text.x)}" y="{_number(text.y)}" font-size="{_number(text.size)}"'
    placed += _paint("fill", text.colour)
    if text.anchor != "start":
        placed += f' text-anchor="{text.anchor}"'
    if text.bold:
        placed += ' font-weight="bold"'
    if text.halo:
        placed += f'{_paint("stroke", "ground")} stroke-width="{_HALO}" stroke-linejoin="round" paint-order="stroke"'
    return placed


def _paint(attribute: str, colour: Colour | None) -> str:
    value = f"var({css_variable(colour)}, {SHADES[colour].light})" if colour else "none"
    return f' {attribute}="{value}"'


def _number(value: float) -> str:
    """To a tenth of a unit, which is finer than a screen; never ``-0``."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
