"""What an open page is told when figures change: which text stands where, in the words of the page.

All texts are made by the functions that make the page, so a page that listened says what it would say if it were asked
for anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from fastapi.sse import format_sse_event
from pydantic_core import to_json

from services.aggregator.generation import Generation
from services.aggregator.live.channel import Listener, Message
from services.aggregator.live.figures import LiveFigures, LivePart
from services.aggregator.web.pages import tables, wide
from services.aggregator.web.pages.cards import Card, card, pill
from services.aggregator.web.pages.shell import Shell, Stamp, stamped
from shared.events import Programme
from shared.events.standing import Standing
from shared.wilayah import Level, level_of
from shared.wording import Language

_RETRY_MS = 3000
_IN_MEMORY = (Level.NATION, Level.PROVINCE, Level.KABKOTA)
Texts = dict[str, object]


@dataclass(slots=True)
class Telling:
    """Tells the open pages of one process. What pages with the same table in the same language are told is made once
    for all of them, and so are the texts of a row."""

    generation: Callable[[], Generation]
    heartbeat_seconds: float
    _rows: dict[tuple[str, str], tuple[object, Texts]] = field(default_factory=dict)
    _told: WeakKeyDictionary[Message, dict[tuple[Programme, Language], asyncio.Task[bytes]]] = field(
        default_factory=WeakKeyDictionary
    )

    async def told(self, listener: Listener, code: str, programme: Programme, shell: Shell) -> AsyncIterator[bytes]:
        """The messages for a page about ``code`` whose table shows ``programme``; a comment when nothing changed for a
        while. Ends when the listener is closed."""
        async for message in listener.messages(self.heartbeat_seconds):
            if message is None:
                yield format_sse_event(comment="")
                continue
            # A page that goes away must not take with it what others wait for.
            yield await asyncio.shield(self._shared(message, code, programme, shell))

    def _shared(self, message: Message, code: str, programme: Programme, shell: Shell) -> asyncio.Task[bytes]:
        made = self._told.setdefault(message, {})
        task = made.get(key := (programme, shell.language))
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = made[key] = asyncio.create_task(self._made(message.figures, code, programme, shell))
        return task

    async def _made(self, figures: LiveFigures, code: str, programme: Programme, shell: Shell) -> bytes:
        texts = await self._texts(code, programme, shell, figures.parts or ())
        data, identity = to_json(texts).decode(), str(figures.sequence)
        return format_sse_event(data_str=data, event="figures", id=identity, retry=_RETRY_MS)

    async def _texts(self, code: str, programme: Programme, shell: Shell, parts: Sequence[LivePart]) -> Texts:
        generation = self.generation()
        if level_of(code) not in _IN_MEMORY:
            reading, standings = await generation.reader.regions.with_standings(code)
            return _page(standings, Stamp(reading.sequence, generation.number), shell)
        overview = generation.overview
        view = overview.view
        seen = await overview.seen(code, view)
        found: dict[str, Standing] = {}
        for part in parts:
            province = level_of(part.code) is Level.PROVINCE
            rows = (await overview.seen(part.code, view)).standings if province else view.rows_of(part.code)
            found.update((row.region, row) for row in tables.principal(rows, programme, seen.on))
        page = _page(seen.standings, Stamp(seen.sequence, generation.number), shell)
        page["rows"] = {region: self._row(row, shell) for region, row in found.items()}
        page["tiles"] = {
            region: {"kind": wide.kind_of(row), "text": wide.text_of(region, row, shell.say)}
            for region, row in found.items()
            if level_of(region) is Level.PROVINCE
        }
        return page

    def _row(self, row: Standing, shell: Shell) -> Texts:
        key, state = (shell.language, row.line), (row.projection, row.revision, row.sequence, row.on)
        known = self._rows.get(key)
        if known is None or known[0] != state:
            known = self._rows[key] = (state, _row_texts(row, shell))
        return known[1]


def _page(standings: Sequence[Standing], stamp: Stamp, shell: Shell) -> Texts:
    cards = (card(row, shell) for row in standings)
    return {
        "stamp": stamped(stamp, shell.say),
        "cards": {one.standing.line: _card_texts(one, shell) for one in cards},
        "rows": {},
        "tiles": {},
    }


def _card_texts(one: Card, shell: Shell) -> Texts:
    texts = {shown.name: shown.value for shown in one.figures}
    texts |= {f"{shown.name}_note": shown.note for shown in one.figures if shown.note}
    return {
        "texts": texts | {"verdict": one.verdict, "outlook": one.outlook},
        "status": _status(one.standing, shell),
        "bar": {"done": str(one.bar.done), "mark": None if one.bar.expected is None else str(one.bar.expected)}
        if one.bar
        else None,
    }


def _row_texts(row: Standing, shell: Shell) -> Texts:
    return {
        "texts": {
            figure.key: {"text": figure.shown(shell.say, value), "sort": str(value)}
            for figure in tables.FIGURES
            if (value := figure.value(row)) is not None
        },
        "status": _status(row, shell),
    }


def _status(row: Standing, shell: Shell) -> Mapping[str, str]:
    return {"kind": row.status, "text": pill(row, shell.say), "sort": str(tables.gravity(row)[0])}
