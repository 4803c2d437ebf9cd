"""Live figures as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from services.aggregator.live.channel import Listener
from services.aggregator.live.feed import Feed, NoRoomError
from services.aggregator.live.figures import LiveFigures
from services.aggregator.web.api import Known
from shared.problems import Problem, unavailable

_RECONNECT_MS = 3000
_PATIENCE_SECONDS = 10.0
_ROOM_SECONDS = 30
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_STREAM = (
    "A message `figures` at once and one each time a figure is another; whoever takes them slowly gets the newest and "
    "none of those before. `data` is one line of JSON as described here, `id` its EVENTS sequence, `retry` 3000; a "
    "comment each 15 seconds shows that the line is up. Who comes again with `Last-Event-ID` is told nothing older, "
    "and of the parts only those that changed since."
)
LastEventId = Annotated[str | None, Header(description="The `id` of the last message, when a browser comes again")]


class EventStream(StreamingResponse):
    """A body of server-sent events."""

    media_type = "text/event-stream"


@asynccontextmanager
async def heard(feed: Feed, code: str, last_event_id: str | None) -> AsyncIterator[Listener]:
    """Somebody who listens to a region meanwhile, once there is something to hear.

    Raises:
        Problem: 503, as many listen as may, or there are no figures yet.
    """
    sequence = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0
    try:
        with feed.listening(code, sequence) as listener:
            if not await listener.first(_PATIENCE_SECONDS):
                raise unavailable("there are no figures yet, or no more. Ask again")
            yield listener
    except NoRoomError as error:
        raise Problem(
            503, "Too many live streams", f"{error}. Ask again later", headers={"Retry-After": str(_ROOM_SECONDS)}
        ) from error


def routes(feed: Feed, *, heartbeat_seconds: float) -> APIRouter:
    """The route of live figures; a comment is sent when there was nothing else for ``heartbeat_seconds``."""
    router = APIRouter(prefix="/v1", tags=["regions"])

    async def listening(code: Known, last_event_id: LastEventId = None) -> AsyncIterator[Listener]:
        async with heard(feed, code, last_event_id) as listener:
            yield listener

    hearing = Depends(listening)

    async def told(listener: Listener) -> AsyncIterator[bytes]:
        retry: int | None = _RECONNECT_MS
        async for message in listener.messages(heartbeat_seconds):
            if message is None:
                yield format_sse_event(comment="")
            else:
                identity = str(message.figures.sequence)
                yield format_sse_event(data_str=message.json, event="figures", id=identity, retry=retry)
                retry = None

    @router.get(
        "/regions/{code}/live",
        summary="The figures of a region, now and whenever they change",
        response_class=EventStream,
        responses={200: {"model": LiveFigures, "description": _STREAM}, 503: {"description": "Too many, or not yet"}},
    )
    async def live(listener: Listener = hearing) -> EventStream:
        return EventStream(told(listener), headers=HEADERS)

    return router
