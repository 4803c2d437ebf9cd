"""What files are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def file_name(parts: Iterable[str], day: date, ending: str) -> str:
    """Such as ``laju-51.71-ikd-2024-06-27.csv``."""
    return f"{'-'.join(('laju', *parts, day.isoformat()))}.{ending}"
