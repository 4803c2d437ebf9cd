"""Region codes in requests."""

from __future__ import annotations

from typing import Any

from shared.problems import Problem
from shared.wilayah import UnknownRegionError, find

LONGEST_CODE = 20


def known(code: str) -> str:
    """The code of a region that exists.

    Raises:
        Problem: 404; it says what is wrong with the code, or what to use instead.
    """
    try:
        return find(code).code
    except UnknownRegionError as error:
        raise Problem(404, "Unknown region", error.reason) from error


def problem(description: str) -> dict[str, Any]:
    """An answer that is a problem document (RFC 9457), for the description of the API."""
    return {"description": description, "content": {"application/problem+json": {"schema": {"type": "object"}}}}
