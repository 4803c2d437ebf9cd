"""Where the pages are: the same addresses for whoever links to them, in pages, mails and reports."""

from __future__ import annotations

from datetime import date

from shared.wilayah import NATION


def path_of(code: str, *more: str) -> str:
    """The path of a region's page, or of one below it."""
    return "/" + "/".join((("regions", code) if code != NATION or more else ()) + more)


def page_of(url: str, code: str, on: date | None = None) -> str:
    """The whole address of a region's page, as of a day if one is given; ``url`` is where the aggregator is reached."""
    return url.rstrip("/") + path_of(code) + (f"?on={on}" if on else "")
