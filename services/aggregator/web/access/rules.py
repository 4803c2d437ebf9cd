"""Which regions a request is about, and whether what one may see covers them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from urllib.parse import parse_qs

from shared.wilayah import NATION, UnknownRegionError, find, within

PREFIX = "/access"
_OPEN = frozenset({"/metrics", "/healthz", "/readyz"})
_OPEN_BELOW = ("/static/", f"{PREFIX}/")
_REGIONS = "regions"
_LONGEST_PATH = 1000


def is_open(path: str) -> bool:
    """Whether everybody may ask for a path, whatever the setting: what operates the service, and the way in."""
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def asked_for(path: str, query: str = "") -> frozenset[str]:
    """The regions that a request is about: what follows ``regions`` in its path, and its parameters ``region``.

    The nation's page is ``/``, and a list of ``regions`` without a code is of all of them. Empty: about none. A code
    need not exist; ``51.71.csv`` lies within 51.71 as its kecamatan do.
    """
    parts = path.split("/")
    if path == "/" or parts[-1] == _REGIONS:
        return frozenset({NATION})
    codes = [code for before, code in pairwise(parts) if before == _REGIONS]
    codes += [code for text in parse_qs(query).get("region", ()) for code in text.split(",")]
    return frozenset(codes)


def covered(asked: Iterable[str], regions: Collection[str]) -> bool:
    """Whether each of these regions is one that may be seen, or lies in one. Of none at all, if anything may be."""
    return bool(regions) and all(any(within(code, region) for region in regions) for code in asked)


def widest(codes: Iterable[str]) -> tuple[str, ...]:
    """The known among these codes, without those that lie within others, sorted."""
    known = {code for code in codes if _known(code)}
    return tuple(sorted(code for code in known if not any(within(code, other) for other in known - {code})))


def own_pages(regions: Sequence[str]) -> tuple[str, ...]:
    """The paths of the pages where these regions begin."""
    return tuple("/" if code == NATION else f"/{_REGIONS}/{code}" for code in regions)


def own_path(text: str) -> str:
    """Where to go after signing in: ``text`` if it is a path of ours, else ``/``. Never another server's."""
    ours = text.startswith("/") and not text.startswith(("//", f"{PREFIX}/")) and len(text) <= _LONGEST_PATH
    # Browsers drop tabs and line ends, and read a backslash as a slash: either could make it another server's.
    return text if ours and text.isascii() and text.isprintable() and "\\" not in text else "/"


def _known(code: str) -> bool:
    try:
        find(code)
    except UnknownRegionError:
        return False
    return True
