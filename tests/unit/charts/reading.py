"""What is in a chart's SVG, and the rules that hold for every one."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as Xml

from shared.charts import SHADES, Chart, Table, css_variable

_SPACE = "{http://www.w3.org/2000/svg}"
_ELEMENTS = {"svg", "title", "desc", "path", "circle", "text"}
_ATTRIBUTES = {
    "id", "viewBox", "role", "aria-labelledby", "aria-describedby", "d", "cx", "cy", "r", "x", "y", "fill", "stroke",
    "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "paint-order", "font-size", "font-weight",
    "text-anchor",
}  # fmt: skip
_PAINT = re.compile(r"none|var\((--chart-\w+), (#[0-9a-f]{6})\)")
_LIGHT = {css_variable(colour): shade.light for colour, shade in SHADES.items()}


def parsed(chart: Chart) -> Xml.Element:
    """The SVG; it must be well-formed."""
    return Xml.fromstring(chart.svg())  # noqa: S314 - our own text


def texts(chart: Chart) -> list[str]:
    """All lines of text that are drawn, in their order."""
    return [element.text or "" for element in parsed(chart).iter(f"{_SPACE}text")]


def letters(chart: Chart) -> list[float]:
    """The sizes of all lines of text, in units of the view."""
    return [float(element.attrib["font-size"]) for element in parsed(chart).iter(f"{_SPACE}text")]


def painted(chart: Chart, colour: str) -> list[str]:
    """The outlines of all shapes in a colour."""
    variable = f"--chart-{colour},"
    return [
        element.attrib["d"]
        for element in parsed(chart).iter(f"{_SPACE}path")
        if variable in element.attrib["fill"] + element.attrib.get("stroke", "")
    ]


def hold(chart: Chart) -> None:
    """What holds for every chart: it is fit for a page with a strict policy, its points are within the view, its table
    has their figures."""
    root = parsed(chart)
    svg = chart.svg()
    assert svg == chart.svg()
    assert len(svg.encode()) < 30_000
    assert svg.startswith("<svg xmlns=")
    assert root.attrib["role"] == "img"
    assert {element.tag.removeprefix(_SPACE) for element in root.iter()} <= _ELEMENTS
    for element in root.iter():
        assert set(element.attrib) <= _ATTRIBUTES
        for paint in ("fill", "stroke"):
            known = _PAINT.fullmatch(element.attrib.get(paint, "none"))
            assert known
            assert known[2] is None or known[2] == _LIGHT[known[1]]
    title, summary = root[0], root[1]
    assert (title.attrib["id"], summary.attrib["id"]) == (
        root.attrib["aria-labelledby"],
        root.attrib["aria-describedby"],
    )
    assert (title.text or "", summary.text) == (chart.title, chart.summary)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert min(width, height) > 0
    for number in re.findall(r"-?[\d.]+", " ".join(element.attrib.get("d", "") for element in root.iter())):
        assert -1 <= float(number) <= max(width, height) + 1
    _points_are_in_the_table(chart)


def _points_are_in_the_table(chart: Chart) -> None:
    assert json.loads(json.dumps(chart.points))["series"] == [
        {**series, "points": [list(point) for point in series["points"]]} for series in chart.points["series"]
    ]
    for row in chart.table.rows:
        assert len(row) == len(chart.table.columns)
    for series in chart.points["series"]:
        for x, y, label, value in series["points"]:
            assert 0 <= x <= 1
            assert 0 <= y <= 1
            assert _has(chart.table, label, value), (label, value)


def _has(table: Table, label: str, value: str) -> bool:
    """Whether a row about ``label`` has the value; a value of two figures may be in two cells."""
    figures = [figure.strip("()") for figure in value.split(" (")]
    rows = (row for row in table.rows if label in row)
    return any(all(any(cell.startswith(figure) for cell in row) for figure in figures) for row in rows)
