"""A report as PDF, set with typst. Pure: the same report, printed at the same moment, gives the same bytes.

What stands on the sheet goes in as JSON and comes out as text: typst never reads it as markup. The sheet is tagged and
fit for an archive (PDF/UA-1, ISO 14289-1, and PDF/A-2a, ISO 19005-2), with its fonts in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import typst

from services.aggregator.web.exports.report.contents import Report

_STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


def as_pdf(report: Report, printed: datetime) -> bytes:
    """One page of A4. ``printed`` is aware, and in the file's metadata. May be called from any thread."""
    return typst.compile(
        _template(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(asdict(report))},
        pdf_standards=_STANDARDS,
        timestamp=int(printed.timestamp()),
    )


@cache
def _template() -> bytes:
    return files(__package__).joinpath("report.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """typst's own, and the one that charts are measured with, which comes with what draws them for mails. None of the
    machine's: the sheet is the same everywhere."""
    drawing = find_spec("matplotlib")
    if drawing is None or drawing.origin is None:
        raise RuntimeError("matplotlib, which has the letters of charts, is not installed")
    folder = Path(drawing.origin).parent / "mpl-data" / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])
