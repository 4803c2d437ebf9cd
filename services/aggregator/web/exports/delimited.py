"""A sheet as CSV (RFC 4180): commas, points before decimals, dates in ISO 8601, UTF-8. Pure.

A byte order mark comes first: without it Excel takes the file for its own code page and spoils every name. Texts are in
quotation marks and numbers are not, so that a reader who heeds them keeps ``51.10`` as a code.
"""

from __future__ import annotations

import csv
import re
from io import StringIO

from services.aggregator.web.exports.sheet import Column, Sheet, Value

_BOM = "\ufeff"
# A spreadsheet computes what begins like this, and where a semicolon is its separator, as in Indonesia, it sees a
# beginning behind each of those in a text too. (OWASP, CSV injection.)
_BEGINS_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r\n＝＋－＠])")


def as_csv(sheet: Sheet) -> bytes:
    """The file. What is not known is empty."""
    text = StringIO()
    rows = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    rows.writerow(_heading(column) for column in sheet.columns)
    rows.writerows([_cell(value) for value in row] for row in sheet.rows)
    return (_BOM + text.getvalue()).encode()


def inert(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for the beginning of a formula."""
    return _BEGINS_FORMULA.sub(r"\1'", text)


def _heading(column: Column) -> str:
    return f"{column.heading} (%)" if column.form == "percent" else column.heading


def _cell(value: Value) -> Value:
    return inert(value) if isinstance(value, str) else value
