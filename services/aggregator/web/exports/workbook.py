"""A sheet as XLSX: real numbers, percentages and dates, and on a second sheet what the first one is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.aggregator.web.exports.about import About
from services.aggregator.web.exports.sheet import Column, Form, Sheet, Value
from shared.wording import Language

_A4 = 9
_WIDEST = 44  # in characters of the standard letter
_ABOUT_WIDTHS = (26, 100)
_WIDTHS: dict[Form, int] = {"text": 8, "number": 13, "decimal": 13, "percent": 13, "day": 19}
_FORMS: dict[Form, str] = {"text": "@", "number": "#,##0", "decimal": "#,##0.00", "percent": "0.00%"}
# As the pages put a day, with the names of months of the language, whatever the machine's own is.
_DAYS: dict[Language, str] = {"id": "[$-421]d mmmm yyyy", "en": "[$-809]d mmmm yyyy"}


def as_xlsx(sheet: Sheet, about: About, made: datetime, language: Language) -> bytes:
    """The file. ``made`` is aware and becomes the time of creation in the file's properties, which have no zone."""
    stored = BytesIO()
    with Workbook(stored, {"in_memory": True}) as book:
        book.set_properties({"title": about.title, "created": made.replace(tzinfo=None)})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        forms = {form: book.add_format({"num_format": text}) for form, text in _FORMS.items()}
        forms["day"] = book.add_format({"num_format": _DAYS[language], "align": "left"})
        _fill(book.add_worksheet(sheet.name), sheet, heading, forms)
        label = book.add_format({"bold": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
        day = book.add_format({"num_format": _DAYS[language], "align": "left"})
        _explain(book.add_worksheet(about.name), about, label, {str: wrapped, int: wrapped, date: day})
    return stored.getvalue()


def _fill(page: Worksheet, sheet: Sheet, heading: Format, forms: dict[Form, Format]) -> None:
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, column.heading, heading)
        page.set_column(place, place, _width(column, (row[place] for row in sheet.rows)))
    for line, row in enumerate(sheet.rows, start=1):
        for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _write(page, line, place, value, column.form, forms[column.form])
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    # Printed on as few pages as it needs, each with the headings.
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _write(page: Worksheet, line: int, place: int, value: Value, form: Form, look: Format) -> None:
    match value:
        case None:
            return
        case str():  # never as a formula or a link, whatever it begins with
            page.write_string(line, place, value, look)
        case date():
            page.write_datetime(line, place, value, look)
        case int() | Decimal():
            page.write_number(line, place, float(Decimal(value) / 100) if form == "percent" else float(value), look)


def _explain(page: Worksheet, about: About, label: Format, looks: dict[type, Format]) -> None:
    for place, width in enumerate(_ABOUT_WIDTHS):
        page.set_column(place, place, width)
    for line, (name, value) in enumerate(about.lines):
        page.write_string(line, 0, name, label)
        form: Form = "day" if isinstance(value, date) else "text" if isinstance(value, str) else "number"
        _write(page, line, 1, value, form, looks[type(value)])
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _width(column: Column, values: Iterable[Value]) -> int:
    """Wide enough for its texts, or for the longest number of the nation; a heading may wrap."""
    if column.form != "text":
        return max(_WIDTHS[column.form], max(map(len, column.heading.split())) + 3)
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    return min(max(longest, len(column.heading), _WIDTHS["text"]) + 3, _WIDEST)
