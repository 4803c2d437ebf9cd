"""How the links stand, as the hub sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.js.api import StreamSourceInfo
from rich.table import Table

from services.cli.districts.hub import stream_of
from services.cli.districts.link import Link
from services.cli.errors import CliError
from services.cli.tables import count
from shared.bus import INTAKE

_NANOSECONDS = 1_000_000_000
# A server that is copied says each second that it is there.
_SILENT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link stands.

    ``silent_seconds`` since the district's server was last heard, ``None`` if not since the hub started; ``behind``
    how many of its messages the hub had yet to copy then.
    """

    link: Link
    silent_seconds: float | None
    behind: int

    @property
    def connected(self) -> bool:
        """Whether the district's server is heard."""
        return self.silent_seconds is not None and self.silent_seconds < _SILENT_SECONDS

    def shown(self) -> dict[str, Any]:
        """The link as JSON."""
        silent = None if self.silent_seconds is None else round(self.silent_seconds, 1)
        return {
            "district": self.link.code,
            "name": self.link.name,
            "connected": self.connected,
            "silent_seconds": silent,
            "behind": self.behind,
        }


async def states(client: Client, links: Sequence[Link]) -> list[LinkState]:
    """How each link stands.

    Raises:
        CliError: one is not connected: its account or its stream is missing.
    """
    return [await _state(client, link) for link in links]


def states_table(states: Iterable[LinkState]) -> Table:
    """One row for each link."""
    table = Table("district", "line")
    table.add_column("behind", justify="right")
    for state in states:
        table.add_row(state.link.title, _line(state), count(state.behind))
    return table


async def _state(client: Client, link: Link) -> LinkState:
    transit = await stream_of(client, link, link.transit)
    if transit is None:
        raise CliError(f"{link.title} is not connected yet. Run `laju district connect` first")
    source = (transit.sources or [StreamSourceInfo(INTAKE)])[0]
    heard = source.active is not None and source.active >= 0  # -1 is never
    return LinkState(link, (source.active or 0) / _NANOSECONDS if heard else None, source.lag or 0)


def _line(state: LinkState) -> str:
    if state.silent_seconds is None:
        return "not heard yet"
    return "up" if state.connected else f"silent for {_time(state.silent_seconds)}"


def _time(seconds: float) -> str:
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"
