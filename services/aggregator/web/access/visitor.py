"""Who asks, as far as it matters: what they may see, and whether they can sign out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from services.aggregator.web.access.rules import PREFIX, covered
from shared.wilayah import NATION


@dataclass(frozen=True, slots=True)
class Visitor:
    """``regions`` may be seen with all that lies within them; ``remembered`` by a cookie, which signing out ends."""

    regions: tuple[str, ...]
    remembered: bool = False

    def may_see(self, code: str) -> bool:
        """Whether a region is one of these or lies within one."""
        return covered([code], self.regions)


EVERYBODY = Visitor((NATION,))
SIGN_OUT = f"{PREFIX}/sign-out"
"""POST it to sign out."""


def visitor_of(request: Request) -> Visitor:
    """Who asks; the gate in front of every route has put it there."""
    return cast("Visitor", request.state.visitor)
